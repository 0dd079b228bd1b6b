// Key frames and propagation: a shot's first key frame, or a chosen one, is its anchor; the others look at it, and the frames between
// follow the motion.
import { parseAnchor } from '../../config/anchor.ts';
import { UsageError } from '../../config/errors.ts';
import type { Picture } from '../../media/frame.ts';
import { type Role, rolesOf } from '../../stages/keyframes/roles.ts';
import { isLinked, planSteps, type StepPlan } from '../../stages/keyframes/work.ts';
import { type Shot, shotsOf } from '../../stages/shots/keyframes.ts';
import { planner } from '../graph/plan.ts';
import type { Ref } from '../graph/ref.ts';
import type { Analysis } from '../steps/analysis.ts';
import { beginOf, fusionsOf } from '../steps/fusions.ts';
import { interval } from '../steps/interval.ts';
import { framesOf, intervalsOf, keyframesOf, union } from './intervals.ts';
import { addFirst, addLinked, addSupplied, type KeyNode } from './key-drawn.ts';
import { type Context, type Pass, suppliedPicture, type Take } from './key-sources.ts';
import { type PassOptions, passesOf } from './passes.ts';
import { chosenAnchors, seedsOf } from './places.ts';
import type { ClipPlan, DrawingOptions, ModelFacts, Part, SuppliedFacts } from './strategy.ts';

/** Which steps a key frame runs, and what happens at each. */
export const stepPlanOf = (options: DrawingOptions, { steps }: Pick<ModelFacts, 'steps'>): StepPlan =>
  planSteps({ steps: options.steps, ...beginOf(options), fusion: fusionsOf(options) }, steps);

const NO_PICTURES: SuppliedFacts = { size: { width: 0, height: 0 }, digests: new Map(), anchorImage: undefined };

/** An anchor image is seen by attention and AdaIN alone. */
const checkAnchorImage = ({ supplied, stepPlan: { cross, ada } }: Context): void => {
  if (supplied.anchorImage === undefined || cross.length + ada.length > 0) return;
  throw new UsageError('--anchor-image is looked at in no step: leave out --cross-period off (or --ada-period off), or draw more steps.');
};

/**
 * The roles of key frames as they look at each other. Pictures of the user's beside the grid are among them where they are followed.
 * @param grid the key frames that the options ask for
 */
const rolesIn = ({ options, stepPlan, shots, supplied }: Context, grid: readonly number[], at: readonly number[]): Role[] => {
  const frames = options.followEdits ? union(grid, supplied.digests.keys()) : grid;
  if (!isLinked(stepPlan)) return frames.map(frame => ({ frame }));
  return rolesOf(shots, frames, { at, refresh: parseAnchor(options.anchor).refresh, update: options.styleUpdateFreq });
};

/** Key frames of a pass: as the result shows them, and as the next pass takes them for its sources. */
type Shown = { readonly picture: (frame: number) => Ref<Picture>; readonly under: NonNullable<Pass['under']> };

/**
 * Finds key frames. Pictures of the user's, and other seeds, are looked at where they stand at an anchor, and elsewhere where they are
 * followed; where not, key frames look at what is drawn there without them, which is added to the plan only if somebody looks at it.
 */
const shownIn = (context: Context, roles: readonly Role[]): Shown => {
  const { options, seeds } = context;
  const byFrame = new Map(roles.map(role => [role.frame, role]));
  const anchors = new Set(roles.flatMap(({ frame, links }) => (links ? [links.anchor] : [frame])));
  const isFollowed = (frame: number): boolean => options.followEdits || anchors.has(frame);
  const nodes = new Map<number, KeyNode>();
  const draw = (frame: number, take: Take | undefined): KeyNode => {
    const { links } = byFrame.get(frame)!;
    return links ? addLinked(context, { frame, links }, looked, take) : addFirst(context, frame, take);
  };
  const takeOf = (frame: number, beside: boolean): Take | undefined => {
    const seed = seeds.get(frame);
    return seed === undefined || seed === options.seed ? undefined : { seed, beside };
  };
  const add = (frame: number): KeyNode =>
    isFollowed(frame) ? (addSupplied(context, frame) ?? draw(frame, takeOf(frame, false))) : draw(frame, undefined);
  const looked = (frame: number): KeyNode => {
    const node = nodes.get(frame) ?? add(frame);
    nodes.set(frame, node);
    return node;
  };
  const under: Shown['under'] = (frame, take) => (take?.beside ? draw(frame, take) : looked(frame)).picture;
  return {
    picture: frame => suppliedPicture(context, frame) ?? under(frame, isFollowed(frame) ? undefined : takeOf(frame, true)),
    under,
  };
};

/**
 * Goes over the key frames in all passes. Pictures of the user's are of the finished style, and stand in the last pass alone.
 * @param grid the key frames that the options ask for
 */
const shownLast = (context: Context, grid: readonly number[], at: readonly number[]): Shown => {
  const { options, planner, facts, supplied } = context;
  const { before, last } = passesOf(options);
  const inPass = ({ suffix, changes, grey }: PassOptions, under: Pass['under'], pictures: SuppliedFacts): Context => {
    const own = { ...options, ...changes };
    const pass = { suffix, under, grey };
    return { ...context, planner: planner.with(changes), options: own, stepPlan: stepPlanOf(own, facts), pass, supplied: pictures };
  };
  const drawn = options.followEdits ? union(grid, supplied.digests.keys()) : grid;
  let under: Pass['under'];
  for (const pass of before) {
    const own = inPass(pass, under, { ...NO_PICTURES, size: supplied.size });
    under = shownIn(own, rolesIn(own, drawn, at)).under;
  }
  const own = inPass(last, under, supplied);
  return shownIn(own, rolesIn(own, grid, at));
};

/** Each interval stands right behind the key frames that it needs, as the encoder wants their results in this order. */
export const planKeyframes = (options: DrawingOptions, survey: Analysis, facts: ModelFacts, supplied = NO_PICTURES): ClipPlan => {
  const shots: readonly Shot[] = shotsOf(survey.times.length, survey.cuts);
  const seeds = seedsOf(options, survey);
  const stepPlan = stepPlanOf(options, facts);
  const context: Context = { planner: planner(options), pass: { suffix: '' }, options, facts, stepPlan, shots, supplied, seeds };
  checkAnchorImage(context);
  const anchors = chosenAnchors(options, survey, shots);
  const grid = union(keyframesOf(shots, survey, options), anchors, seeds.keys());
  const frames = union(grid, supplied.digests.keys());
  const { picture: shown } = shownLast(context, grid, anchors);
  const pictures = new Map<number, Ref<Picture>>();
  const drawUpTo = (last: number): void => {
    for (const frame of frames) {
      if (frame <= last && !pictures.has(frame)) pictures.set(frame, shown(frame));
    }
  };
  const parts = intervalsOf(shots, frames).map((between): Part => {
    drawUpTo(between.last);
    const { first, last } = framesOf(between, shots);
    const { pictures: made } = context.planner.add(interval, {
      id: `interval ${between.first}-${between.last}`,
      params: { ...between, count: last - first + 1 },
      inputs: { first: pictures.get(between.first)!, last: between.last === between.first ? undefined : pictures.get(between.last) },
    });
    return { first, last, pictures: made };
  });
  const keyframes = frames.map(frame => ({
    frame,
    picture: pictures.get(frame)!,
    ...(supplied.digests.has(frame) && { supplied: true as const }),
  }));
  return { strategy: 'keyframes', plan: context.planner.plan, shots, keyframes, parts };
};
