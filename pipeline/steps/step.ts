// The maker of steps, and what a session holds for them.
import type { Frame } from '../../media/frame.ts';
import type { DiffusionModel } from '../../models/diffusion-model.ts';
import type { Tensor } from '../../models/tensor.ts';
import type { Flow } from '../../stages/flow/flow.ts';
import type { Vision } from '../../stages/vision/vision.ts';
import { stepsOver } from '../graph/step.ts';
import type { Propagator } from '../session/propagator.ts';
import type { Source } from '../session/source.ts';

/** The frames of the clip at the size that they are drawn at. */
export type Clip = {
  frame(index: number): Promise<Frame>;
  /** The frames first..last, both included. */
  range(first: number, last: number): Promise<Frame[]>;
};

/** Control images that no option makes: the user's pictures, a network's edges, or the frame itself. */
export type ControlImages = {
  /** [1, 3, h, w] in [0, 1]. @param control its place among the ControlNets of the run */
  image(control: number, frame: Frame, signal: AbortSignal): Promise<Tensor>;
};

/** Pictures that a drawing begins at or is controlled by. */
export type Images = {
  /** The picture cut to a size. */
  at(image: 'init' | 'control', size: { readonly width: number; readonly height: number }): Promise<Frame>;
};

/** What a session holds for steps. Each has an identity, by its content (`Identities`). */
export type Held = {
  /** The chosen part of the clip as it is read, at any size. */
  readonly footage: Source;
  /** The same at the drawn size. */
  readonly clip: Clip;
  readonly images: Images;
  readonly model: DiffusionModel;
  readonly controls: ControlImages;
  readonly vision: Vision;
  readonly flow: Flow;
  readonly propagator: Propagator;
  /** Tells the user something. */
  warn(message: string): void;
};

export const step = stepsOver<Held>();
