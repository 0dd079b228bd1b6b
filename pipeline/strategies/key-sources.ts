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
import { frameUnder } from './passes.ts';
import type { DrawingOptions, ModelFacts, SuppliedFacts } from './strategy.ts';

/** Another way of drawing a key frame. `beside`: the usual one is in the plan, too, for those that look at it. */
export type Take = { readonly seed: number; readonly beside: boolean };

/** What tells a node of a key frame from that of another take. */
export const suffixOf = (take: Take | undefined): string => (take?.beside ? ` seed ${take.seed}` : '');

/** One of the passes over the key frames, or the only one. */
export type Pass = {
  /** Tells its nodes from those of the others. */
  readonly suffix: string;
  /** What the pass before drew for a frame, in whose place it stands as the source; absent in the first pass. */
  readonly under?: ((frame: number, take: Take | undefined) => Ref<Picture>) | undefined;
  /** Whether that stands there without its colours. */
  readonly grey?: boolean | undefined;
};

/** What the nodes of all key frames are added with. */
export type Context = {
  /** Adds nodes with the options of the pass. */
  readonly planner: Planner;
  readonly pass: Pass;
  /** Of the pass. */
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
export const inputsOf = ({ planner, facts, pass }: Context, name: string, frame: Ref<Frame>) => ({
  conditioning: conditioningOf(planner, pass.suffix),
  latent: latentOf(planner, name, frame),
  controls: controlImagesOf(planner, name, frame, facts.controls),
});

/** The picture that gives a shot its colours: the user's where there is one, else its first frame, drawn from noise. */
const coloursOf = (context: Context, first: number): Ref<Picture> => {
  const { planner, options, facts, pass } = context;
  const picture = anchorImage(context) ?? suppliedPicture(context, first);
  if (picture) return picture;
  const inputs = inputsOf(context, String(first), clipFrame(context, first));
  const params = { frame: first, controls: controlParams(facts.controls) };
  return planner.add(colours, { id: `colours ${first}${pass.suffix}`, params, inputs, units: options.steps }).picture;
};

/** What a key frame is drawn after; `name` tells it from other sources. */
export type KeySource = { readonly name: string; readonly frame: Ref<Frame> };

/**
 * The frame that a key frame is drawn after: as it is, in the colours that its shot has when its first frame is drawn from noise, or as the
 * pass before drew it.
 */
export const sourceOf = (context: Context, frame: number, take?: Take): KeySource => {
  const { planner, options, shots, pass } = context;
  const plain = clipFrame(context, frame);
  if (pass.under) {
    const name = `drawn ${frame}${suffixOf(take)}${pass.suffix}`;
    const inputs = { frame: plain, picture: pass.under(frame, take) };
    return { name, frame: frameUnder(planner, name, inputs, pass.grey) };
  }
  if (options.colorPreserve) return { name: String(frame), frame: plain };
  const { first } = shots.find(shot => frame >= shot.first && frame <= shot.last)!;
  const inputs = { frame: plain, colours: coloursOf(context, first) };
  const { frame: toned } = planner.add(recolour, { id: `recolour ${frame}`, params: {}, inputs });
  return { name: `recoloured ${frame}`, frame: toned };
};
