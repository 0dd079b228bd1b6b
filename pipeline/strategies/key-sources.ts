// What every key frame of a plan is made from: a frame of the clip or one in its shot's colours, its latent and its control images.
import type { Frame, Picture } from '../../media/frame.ts';
import type { StepPlan } from '../../stages/keyframes/work.ts';
import type { Shot } from '../../stages/shots/keyframes.ts';
import type { Planner } from '../graph/plan.ts';
import type { Ref } from '../graph/ref.ts';
import { frame as frameStep, recolour } from '../steps/frame.ts';
import { colours } from '../steps/keyframe.ts';
import { supplied } from '../steps/supplied.ts';
import { conditioningOf, controlImagesOf, controlParams, latentOf } from './drawn-from.ts';
import type { DrawingOptions, ModelFacts, SuppliedFacts } from './strategy.ts';

/** What the nodes of all key frames are added with. */
export type Context = {
  readonly planner: Planner;
  readonly options: DrawingOptions;
  readonly facts: ModelFacts;
  readonly stepPlan: StepPlan;
  readonly shots: readonly Shot[];
  readonly supplied: SuppliedFacts;
  /** Of key frames that are drawn with another seed than the others. */
  readonly seeds: ReadonlyMap<number, number>;
};

export const clipFrame = ({ planner: { add } }: Context, frame: number): Ref<Frame> =>
  add(frameStep, { id: `frame ${frame}`, params: { frame }, inputs: {} }).frame;

/** The user's picture for a frame. */
export const suppliedPicture = ({ planner, supplied: { digests, size } }: Context, frame: number): Ref<Picture> | undefined => {
  const digest = digests.get(frame);
  if (digest === undefined) return undefined;
  return planner.add(supplied, { id: `supplied ${frame}`, params: { digest, size, cut: false }, inputs: {} }).picture;
};

/** The user's picture that shows the style; of any shape. */
export const anchorImage = ({ planner, supplied: { anchorImage: digest, size } }: Context): Ref<Picture> | undefined => {
  if (digest === undefined) return undefined;
  return planner.add(supplied, { id: 'supplied anchor-image', params: { digest, size, cut: true }, inputs: {} }).picture;
};

/** What a key frame is drawn from; `name` tells frames of the clip from recoloured ones. */
export const inputsOf = ({ planner, facts }: Context, name: string, frame: Ref<Frame>) => ({
  conditioning: conditioningOf(planner),
  latent: latentOf(planner, name, frame),
  controls: controlImagesOf(planner, name, frame, facts.controls),
});

/** The picture that gives a shot its colours: the user's where there is one, else its first frame, drawn from noise. */
const coloursOf = (context: Context, first: number): Ref<Picture> => {
  const { planner, options, facts } = context;
  const picture = anchorImage(context) ?? suppliedPicture(context, first);
  if (picture) return picture;
  const inputs = inputsOf(context, String(first), clipFrame(context, first));
  const params = { frame: first, controls: controlParams(facts.controls) };
  return planner.add(colours, { id: `colours ${first}`, params, inputs, units: options.steps }).picture;
};

/** The frame that a key frame is drawn after: as it is, or in the colours that its shot has when its first frame is drawn from noise. */
export const sourceOf = (context: Context, frame: number): { readonly name: string; readonly frame: Ref<Frame> } => {
  const { planner, options, shots } = context;
  const plain = clipFrame(context, frame);
  if (options.colorPreserve) return { name: String(frame), frame: plain };
  const { first } = shots.find(shot => frame >= shot.first && frame <= shot.last)!;
  const inputs = { frame: plain, colours: coloursOf(context, first) };
  const { frame: toned } = planner.add(recolour, { id: `recolour ${frame}`, params: {}, inputs });
  return { name: `recoloured ${frame}`, frame: toned };
};
