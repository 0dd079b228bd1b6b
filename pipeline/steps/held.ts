// What a session holds for steps: what they may name in their `uses`.
import type { Ffmpeg } from '../../media/ffmpeg.ts';
import type { Frame, Picture } from '../../media/frame.ts';
import type { MediaInfo } from '../../media/probe.ts';
import type { Size } from '../../media/size.ts';
import type { DiffusionModel } from '../../models/diffusion-model.ts';
import type { Tensor } from '../../models/tensor.ts';
import type { FlowPair } from '../../stages/flow/estimate.ts';
import type { Flow } from '../../stages/flow/flow.ts';
import type { Detail } from '../../stages/flow/grid.ts';
import type { Early, TierName } from '../../stages/propagate/propagate.ts';
import type { Vision } from '../../stages/vision/vision.ts';

/** The chosen part of a clip as it is read, at any size. */
export type Footage = {
  readonly ffmpeg: Ffmpeg;
  readonly info: MediaInfo;
  /** Whether all of the clip was chosen. */
  readonly whole: boolean;
  /** How many frames the chosen part has by what the file says; 0 where it says nothing. */
  readonly expected: number;
  /** One pass over the chosen range at a size. Rejects when the file has changed since it was opened. */
  frames(size: Size, pass?: Pass): AsyncIterable<Frame>;
  /** What was said about the clip so far, each once; {@link warn} adds to it. */
  readonly warnings: ReadonlySet<string>;
  warn(message: string): void;
};

/** What a pass is for. */
export type Pass = {
  /** All other frames are left out; sorted indices. */
  readonly only?: readonly number[];
  /** In words, for messages: `the key frames`. */
  readonly purpose?: string;
};

export type IntervalJob = {
  /** The sources of all frames, key frames included. */
  readonly frames: readonly Frame[];
  /** The drawn key frames at its ends; a shot's last interval may have none at its end. */
  readonly first: Picture;
  readonly last: Picture | undefined;
  readonly tier: TierName;
  /** How fine the grid of the motion is. */
  readonly motion: Detail;
  readonly poisson: boolean;
  /** How much each frame takes in of its neighbours, 0..1. */
  readonly steady: number;
};

/** An interval that waits for its last key frame. */
export type Begun = {
  readonly frames: readonly Frame[];
  readonly flows: readonly FlowPair[];
  /** What the first key frame says; absent where both together would take too much memory. */
  readonly early: Early | undefined;
};

export type Propagator = {
  /** Intervals that may be worked on at once. */
  readonly jobs: number;
  /** All frames of an interval, as many as `frames`: key frames as they were drawn. */
  interval(job: IntervalJob, signal: AbortSignal, begun?: Begun): Promise<Picture[]>;
  /** What can be made of an interval before its last key frame is drawn. */
  ahead(job: Pick<IntervalJob, 'frames' | 'first' | 'tier' | 'motion'>, signal: AbortSignal): Promise<Begun>;
};

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

/** Pictures that stand among the key frames. */
export type SuppliedPictures = {
  /** The picture with this digest, cut around its middle or stretched to a size. Rejects where the session has none. */
  at(digest: string, size: Size, cut: boolean): Promise<Picture>;
};

/** What a session holds for steps. Each has an identity, by its content (`Identities`). */
export type Held = {
  /** The chosen part of the clip as it is read, at any size. */
  readonly footage: Footage;
  /** The same at the drawn size. */
  readonly clip: Clip;
  readonly images: Images;
  readonly supplied: SuppliedPictures;
  readonly model: DiffusionModel;
  readonly controls: ControlImages;
  readonly vision: Vision;
  readonly flow: Flow;
  readonly propagator: Propagator;
  /** Tells the user something. */
  warn(message: string): void;
};
