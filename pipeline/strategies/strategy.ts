// How a clip is drawn: options and a survey become a plan. Pure, without reading or writing anything.
import type { Options } from '../../config/options.ts';
import type { Picture } from '../../media/frame.ts';
import type { Size } from '../../media/size.ts';
import type { ModelKind } from '../../models/open/model-kind.ts';
import type { Shot } from '../../stages/shots/keyframes.ts';
import type { Plan } from '../graph/plan.ts';
import type { Ref } from '../graph/ref.ts';
import type { ControlParams } from '../steps/controlled.ts';

/** Options with the prompt that drawing needs. */
export type DrawingOptions = Options & { readonly style: string };

/** A ControlNet as a plan knows it. */
export type ControlFacts = ControlParams & {
  readonly type: string;
  /** Digests of what its images are made from, apart from the frame. */
  readonly pictures?: string | undefined;
  readonly annotator?: string | undefined;
};

/** What a plan has to know of the model that draws. */
export type ModelFacts = {
  readonly kind: ModelKind;
  /** Pixels of a latent's side. */
  readonly factor: number;
  readonly latentChannels: number;
  /** Steps that the sampler makes of a whole schedule: PNDM makes more than it is asked for. */
  readonly steps: number;
  readonly controls: readonly ControlFacts[];
};

/** What a plan has to know of the pictures of the user's. Digests are those of their files. */
export type SuppliedFacts = {
  /** Of drawn frames. */
  readonly size: Size;
  /** By the frames that they stand for. */
  readonly digests: ReadonlyMap<number, string>;
  /** Of the picture that is the anchor of every shot. */
  readonly anchorImage: string | undefined;
};

/** What a kind of model draws a clip with, and what it draws from a prompt alone. */
export const STRATEGIES = {
  image: { clip: 'keyframes', prompt: 'picture' },
  video: { clip: 'windows', prompt: 'clip' },
} as const satisfies Record<ModelKind, { readonly clip: string; readonly prompt: string }>;

/** Frames of a clip, both ends included. */
export type FramePart = { readonly first: number; readonly last: number };

/** Frames that one node of the plan gives to the result. */
export type Part = FramePart & { readonly pictures: Ref<readonly Picture[]> };

/** A plan for a clip, and which of its outputs the result is made of. JSON. */
export type ClipPlan = {
  readonly strategy: 'keyframes' | 'windows';
  readonly plan: Plan;
  readonly shots: readonly Shot[];
  /** In order; none where every frame is drawn. */
  readonly keyframes: readonly { readonly frame: number; readonly picture: Ref<Picture> /** The user's. */; readonly supplied?: true }[];
  /** In order. Together they cover every frame, or every one of `only`. */
  readonly parts: readonly Part[];
  /** The frames that are re-rendered, in order; the others stay those of the source. Absent for all. */
  readonly only?: readonly FramePart[];
};
