// Key frames and propagation: a shot's first key frame is its anchor, later ones look at it, and the frames between follow the motion.
import { parseAnchor } from '../../config/anchor.ts';
import type { Frame, Picture } from '../../media/frame.ts';
import { type Role, rolesOf } from '../../stages/keyframes/roles.ts';
import { isLinked, needsClean, needsMotion, needsStates, planSteps, type StepPlan, stepCounts } from '../../stages/keyframes/work.ts';
import { type Shot, shotsOf } from '../../stages/shots/keyframes.ts';
import { type Planner, planner } from '../graph/plan.ts';
import type { Ref } from '../graph/ref.ts';
import type { Analysis } from '../steps/analysis.ts';
import { frame as frameStep, recolour } from '../steps/frame.ts';
import { beginOf, fusionsOf } from '../steps/fusions.ts';
import { interval } from '../steps/interval.ts';
import { anchor, colours, keyframe } from '../steps/keyframe.ts';
import { motion } from '../steps/motion.ts';
import { conditioningOf, controlImagesOf, controlParams, latentOf } from './drawn-from.ts';
import { framesOf, intervalsOf, keyframesOf } from './intervals.ts';
import type { ClipPlan, DrawingOptions, ModelFacts, Part } from './strategy.ts';

/** Which steps a key frame runs, and what happens at each. */
export const stepPlanOf = (options: DrawingOptions, { steps }: Pick<ModelFacts, 'steps'>): StepPlan =>
  planSteps({ steps: options.steps, begin: beginOf(options), fusion: fusionsOf(options) }, steps);

type Drawn = ReturnType<typeof addAnchor>;

/** What the nodes of all key frames are added with. */
type Context = {
  readonly planner: Planner;
  readonly options: DrawingOptions;
  readonly facts: ModelFacts;
  readonly stepPlan: StepPlan;
  readonly shots: readonly Shot[];
};

const clipFrame = ({ add }: Planner, frame: number): Ref<Frame> =>
  add(frameStep, { id: `frame ${frame}`, params: { frame }, inputs: {} }).frame;

/** What a key frame is drawn from; `name` tells frames of the clip from recoloured ones. */
const inputsOf = ({ planner, facts }: Context, name: string, frame: Ref<Frame>) => ({
  conditioning: conditioningOf(planner),
  latent: latentOf(planner, name, frame),
  controls: controlImagesOf(planner, name, frame, facts.controls),
});

/** The frame that a key frame is drawn after: as it is, or in the colours that its shot has when its first frame is drawn from noise. */
const sourceOf = (context: Context, frame: number): { readonly name: string; readonly frame: Ref<Frame> } => {
  const { planner, options, facts, shots } = context;
  const plain = clipFrame(planner, frame);
  if (options.colorPreserve) return { name: String(frame), frame: plain };
  const { first } = shots.find(shot => frame >= shot.first && frame <= shot.last)!;
  const { picture } = planner.add(colours, {
    id: `colours ${first}`,
    params: { frame: first, controls: controlParams(facts.controls) },
    inputs: inputsOf(context, String(first), clipFrame(planner, first)),
    units: options.steps,
  });
  const { frame: toned } = planner.add(recolour, { id: `recolour ${frame}`, params: {}, inputs: { frame: plain, colours: picture } });
  return { name: `recoloured ${frame}`, frame: toned };
};

const addAnchor = (context: Context, frame: number) => {
  const { planner, facts, stepPlan } = context;
  const source = sourceOf(context, frame);
  return planner.add(anchor, {
    id: `anchor ${frame}`,
    params: { frame, controls: controlParams(facts.controls) },
    inputs: inputsOf(context, source.name, source.frame),
    units: stepCounts(stepPlan).anchor,
  });
};

const addLinked = (context: Context, { frame, links }: Required<Role>, drawn: ReadonlyMap<number, Drawn>): Drawn => {
  const { planner, facts, stepPlan } = context;
  const source = sourceOf(context, frame);
  const motionTo = (other: number) =>
    needsMotion(stepPlan)
      ? planner.add(motion, {
          id: `motion ${frame}-${other}`,
          params: {},
          inputs: { from: clipFrame(planner, frame), to: clipFrame(planner, other) },
        }).motion
      : undefined;
  const [first, previous, attended] = [links.anchor, links.previous, links.states].map(other => drawn.get(other)!) as [Drawn, Drawn, Drawn];
  const behind = links.previous !== links.anchor;
  return planner.add(keyframe, {
    id: `keyframe ${frame}`,
    params: { frame, controls: controlParams(facts.controls) },
    inputs: {
      ...inputsOf(context, source.name, source.frame),
      anchor: first.picture,
      anchorMotion: motionTo(links.anchor),
      anchorStates: needsStates(stepPlan) ? first.states : undefined,
      anchorClean: needsClean(stepPlan) ? first.clean : undefined,
      previous: behind ? previous.picture : undefined,
      previousMotion: behind ? motionTo(links.previous) : undefined,
      previousStates: needsStates(stepPlan) && links.states !== links.anchor ? attended.states : undefined,
    },
    units: stepCounts(stepPlan).key,
  });
};

/** Each interval stands right behind the key frames that it needs, as the encoder wants their results in this order. */
export const planKeyframes = (options: DrawingOptions, survey: Analysis, facts: ModelFacts): ClipPlan => {
  const shots = shotsOf(survey.times.length, survey.cuts);
  const frames = keyframesOf(shots, survey, options);
  const stepPlan = stepPlanOf(options, facts);
  const roles: Role[] = isLinked(stepPlan)
    ? rolesOf(shots, frames, { refresh: parseAnchor(options.anchor), update: options.styleUpdateFreq })
    : frames.map(frame => ({ frame }));
  const context: Context = { planner: planner(options), options, facts, stepPlan, shots };
  const drawn = new Map<number, Drawn>();
  const waiting = [...roles];
  const drawUpTo = (last: number): void => {
    for (let role = waiting[0]; role && role.frame <= last; role = waiting[0]) {
      const { frame, links } = role;
      drawn.set(frame, links ? addLinked(context, { frame, links }, drawn) : addAnchor(context, frame));
      waiting.shift();
    }
  };
  const parts = intervalsOf(shots, frames).map((between): Part => {
    drawUpTo(between.last);
    const { first, last } = framesOf(between, shots);
    const end: Ref<Picture> | undefined = between.last === between.first ? undefined : drawn.get(between.last)?.picture;
    const { pictures } = context.planner.add(interval, {
      id: `interval ${between.first}-${between.last}`,
      params: { ...between, count: last - first + 1 },
      inputs: { first: drawn.get(between.first)!.picture, last: end },
    });
    return { first, last, pictures };
  });
  const keyframes = frames.map(frame => ({ frame, picture: drawn.get(frame)!.picture }));
  return { strategy: 'keyframes', plan: context.planner.plan, shots, keyframes, parts };
};
