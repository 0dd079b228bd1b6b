// Drawing from a prompt: pictures, or a clip of a video model.
import type { FreeUStrengths } from '../../config/option.ts';
import type { Frame, Picture } from '../../media/frame.ts';
import type { Size } from '../../media/size.ts';
import { stepsAtStrength } from '../../models/samplers/schedule.ts';
import type { Tensor } from '../../models/tensor.ts';
import { type Plan, type Planner, planner } from '../graph/plan.ts';
import type { Ref } from '../graph/ref.ts';
import type { RefsOf } from '../graph/step.ts';
import { image } from '../steps/frame.ts';
import { picture } from '../steps/picture.ts';
import { clip, decoded } from '../steps/window.ts';
import { conditioningOf, controlImagesOf, controlParams, latentOf } from './drawn-from.ts';
import { frameUnder, type PassOptions, passesOf } from './passes.ts';
import type { DrawingOptions, ModelFacts, Part } from './strategy.ts';

/** One picture to draw: its seed, and FreeU's factors. */
export type Cell = { readonly seed: number; readonly freeu: FreeUStrengths | undefined };

/** Digests of the files that a drawing begins at and is controlled by. */
export type ImageDigests = { readonly init?: string | undefined; readonly control?: string | undefined };

/** A plan of pictures, and what all of them are drawn from. */
export type PicturesPlan = {
  readonly plan: Plan;
  readonly pictures: readonly Ref<Picture>[];
  readonly inputs: RefsOf<typeof picture.inputs>;
};

/** What pictures are drawn with besides their prompt. */
type Drawing = { readonly options: DrawingOptions; readonly size: Size; readonly digests: ImageDigests; readonly facts: ModelFacts };

/** A pass over a drawn picture. Control images are made of it where they were of the picture that drawing began at. */
const addOver = (
  plan: Planner,
  drawn: Ref<Picture>,
  i: number,
  cell: Cell,
  { suffix, changes, grey }: PassOptions,
  { options, size, digests, facts }: Drawing,
): Ref<Picture> => {
  const pass = plan.with(changes);
  const name = `drawn ${i}${suffix}`;
  const frame = frameUnder(plan, name, { frame: undefined, picture: drawn }, grey);
  const own = digests.control === digests.init ? { name, frame } : { name: 'control', frame: addImage(plan, 'control', size, digests) };
  const inputs = {
    conditioning: conditioningOf(pass, suffix),
    init: latentOf(plan, name, frame),
    controls: facts.controls.length > 0 ? controlImagesOf(plan, own.name, own.frame, facts.controls) : [],
  };
  const { strength, strengthSteps, steps } = { ...options, ...changes };
  const params = { size, controls: controlParams(facts.controls), strength };
  const node = { id: `picture ${i}${suffix}`, params, inputs, units: stepsAtStrength(steps, strength, strengthSteps) };
  return pass.add(picture, node, changesOf(cell)).picture;
};

const changesOf = ({ seed, freeu }: Cell) => ({ seed, freeu: freeu ?? ('off' as const) });

const addImage = (plan: Planner, which: 'init' | 'control', size: Size, digests: ImageDigests): Ref<Frame> =>
  plan.add(image, { id: `image ${which}`, params: { image: which, digest: digests[which], size }, inputs: {} }).frame;

/** One picture for each cell, which share all but noise and FreeU. */
export const planPictures = (
  options: DrawingOptions,
  cells: readonly Cell[],
  size: Size,
  digests: ImageDigests,
  facts: ModelFacts,
): PicturesPlan => {
  const plan = planner(options);
  const file = (which: 'init' | 'control') => addImage(plan, which, size, digests);
  const begins = digests.init !== undefined;
  const inputs = {
    conditioning: conditioningOf(plan),
    init: begins ? latentOf(plan, 'init', file('init')) : undefined,
    controls: facts.controls.length > 0 ? controlImagesOf(plan, 'control', file('control'), facts.controls) : [],
  };
  const { before, last } = passesOf(options);
  const [first = last, ...over] = [...before, ...(before.length > 0 ? [{ ...last, suffix: ' second' }] : [])];
  const pictures = cells.map((cell, i) => {
    const params = { size, controls: controlParams(facts.controls), ...(begins && { strength: options.strength }) };
    const units = begins ? stepsAtStrength(options.steps, options.strength, options.strengthSteps) : facts.steps;
    const node = { id: `picture ${i}`, params, inputs, units };
    const drawn = plan.add(picture, node, { ...changesOf(cell), ...first.changes }).picture;
    return over.reduce((under, pass) => addOver(plan, under, i, cell, pass, { options, size, digests, facts }), drawn);
  });
  return { plan: plan.plan, pictures, inputs };
};

/** A clip of so many frames, decoded one by one. */
export const planClip = (
  options: DrawingOptions,
  frames: number,
  { width, height }: Size,
  { latentChannels, factor, steps }: ModelFacts,
): { readonly plan: Plan; readonly latents: Ref<Tensor>; readonly parts: readonly Part[] } => {
  const plan = planner(options);
  const { latents } = plan.add(clip, {
    id: 'clip',
    params: { dims: [1, latentChannels, frames, height / factor, width / factor] },
    inputs: { conditioning: conditioningOf(plan) },
    units: steps,
  });
  const parts = Array.from({ length: frames }, (_, i): Part => {
    const { pictures } = plan.add(decoded, { id: `decoded ${i}`, params: { first: i, last: i }, inputs: { latents } });
    return { first: i, last: i, pictures };
  });
  return { plan: plan.plan, latents, parts };
};
