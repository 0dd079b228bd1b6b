// The U-Net as the sampler sees it: guided by a pair of prompts and by ControlNets, FreeU and other frames' states let in.
import { UsageError } from '../../config/errors.ts';
import { type Conditioning, openConditioning, promptsAt } from '../conditioning.ts';
import type { Feeds } from '../runtime/calls.ts';
import type { LazyNetwork } from '../runtime/lazy-network.ts';
import type { Denoise } from '../samplers/sampler.ts';
import type { Step } from '../samplers/schedule.ts';
import { type IntTensor, type Tensor, takeRows, tensor } from '../tensor.ts';
import { type ControlNetwork, type ControlUse, controlResiduals } from './control-residuals.ts';
import { runsWhole } from './deep-reuse.ts';
import { type FreeUUse, freeuFeeds } from './freeu.ts';
import { guide } from './guidance.ts';
import type { GuidanceBands } from './guidance-bands.ts';
import { guidanceEmbedding } from './guidance-embedding.ts';
import { type StepWindow, within } from './step-window.ts';
import { timeIds } from './time-ids.ts';

/** States of other frames for the self-attention of the way up, all in the batch [negative x n, prompt x n]. */
export type Bank = {
  /** One a layer: [batch, tokens of the other frames, channels]; undefined where the layer attends to its own frame as ever. */
  readonly states: readonly (Tensor | undefined)[];
  /** How many of the frame's own tokens are keys too: 0 (Rerender) or Infinity (all). */
  readonly ownTokens: number;
  /** Whether nobody else reads the states: they move to the network and are gone. Default: they are copied. */
  readonly given?: boolean;
};

/** Lets the self-attention of the way up see other frames, and hands out what it sees, as Rerender A Video does (Yang et al. 2023). */
export type AttentionHook = {
  /** The bank of a step; undefined for plain self-attention. */
  readonly bank?: (step: Step) => Bank | undefined | Promise<Bank | undefined>;
  /** Receives what each layer saw at a step, to be another frame's bank; nothing of layers that are not in `recorded` or not run. */
  readonly record?: (step: Step, states: readonly (Tensor | undefined)[]) => void | Promise<void>;
  /** Layers that `record` receives at a step, default all: others are not fetched from the network. Undefined: it is not called. */
  readonly recorded?: (step: Step) => readonly number[] | undefined;
};

export type Guidance = {
  /** Two prompts: the negative one and the prompt. */
  readonly conditioning: Conditioning;
  /** eps = negative + guidance (prompt - negative); 1 or less, or a distilled U-Net, which receives it, runs the prompt's half alone. */
  readonly guidance: number;
  /** How far the spread that guidance widens is brought back, 0 (default) to 1; see `guide`. */
  readonly rescale?: number | undefined;
  /** Weights of the low and of the high frequencies in place of one for all; see `guide`. */
  readonly bands?: GuidanceBands | undefined;
  /** The part of the run's steps that are guided, default all; in the others the prompt's half runs alone. */
  readonly guidanceWindow?: StepWindow | undefined;
  /** The U-Net's first and last layers alone, and every how many steps the whole is run; default: at every step. */
  readonly reuse?: { readonly shallow: LazyNetwork; readonly every: number } | undefined;
  /** Pixels of a latent's side, default 8: SDXL is told the size of the picture. */
  readonly factor?: number | undefined;
  /** One for each ControlNet, in their order. */
  readonly controls: readonly ControlUse[];
  readonly freeu: FreeUUse | undefined;
  readonly attention: AttentionHook | undefined;
  /** Receives the outputs `freeu.*` of every step of a U-Net with `probes`; each of the batch [negative x n, prompt x n]. */
  readonly probe?: ((step: Step, features: Readonly<Record<string, Tensor>>) => void) | undefined;
  readonly signal: AbortSignal | undefined;
};

const distilled = (flags: string, what: string): UsageError =>
  new UsageError(`${flags} ${what}, and this U-Net is distilled: it answers as guided at once. Leave them out.`);

/** Whether a window leaves a step out, in a run of any length. */
const isPart = ({ start = 0, end = 1 }: StepWindow): boolean => start > 0 || end < 1;

/** Those of the feeds that a network has inputs for. */
const taken = ({ graph }: LazyNetwork, feeds: Feeds): Feeds =>
  Object.fromEntries(Object.entries(feeds).filter(([name]) => graph.inputs.some(port => port.name === name)));

/** Whether a network asks all texts of a batch of one latent, where there is but one: what comes before the texts is computed once. */
const shares = ({ inputs }: LazyNetwork['graph']): boolean => inputs.some(({ dims }) => dims[0] === 'pictures');

const NO_CONTROL = tensor([1, 1, 1, 1]);
const ALL_TOKENS = 2n ** 40n; // more than any layer has: the graph takes as many as there are

/** The J of `bank.J` and `state.J`. */
const layerOf = (name: string): number => Number(name.split('.')[1]);

const bankFeeds = (unet: LazyNetwork['graph'], batch: number, bank: Bank | undefined): Feeds => {
  const ports = unet.inputs.filter(({ name }) => name.startsWith('bank.'));
  const feeds = ports.flatMap(({ name, dims }): [string, Tensor | IntTensor][] => {
    const j = layerOf(name);
    const states = bank?.states[j];
    const selfTokens = !bank || !states || bank.ownTokens === Infinity ? ALL_TOKENS : BigInt(bank.ownTokens);
    return [
      [name, states ?? tensor([batch, 0, Number(dims[2])])],
      [`n_self.${j}`, { dims: [1], data: BigInt64Array.of(selfTokens) }],
    ];
  });
  return Object.fromEntries(feeds);
};

/** What SDXL's networks read beside the text states: pooled states, sizes and crop. `drawn` is [height, width] of the picture. */
const addedFeeds = (graph: LazyNetwork['graph'], conditioning: Conditioning, drawn: readonly [number, number]): Feeds => {
  const ids = graph.inputs.find(({ name }) => name === 'time_ids');
  const { pooled, sizes, states } = openConditioning(conditioning);
  if (!ids || !pooled) return {};
  const each = sizes ?? Array.from({ length: states.dims[0]! }, () => ({}));
  return { text_embeds: pooled, time_ids: timeIds(each, drawn, Number(ids.dims[1])) };
};

/**
 * The denoiser of one run over x [n, c, h, w]. `first` is the index of the run's first step and `count` how many it
 * makes, by which the windows are measured.
 */
export const guidedDenoiser = (
  unet: LazyNetwork,
  controlNets: readonly ControlNetwork[],
  { conditioning, guidance, rescale, bands, guidanceWindow, reuse, factor = 8, controls, freeu, attention, probe, signal }: Guidance,
  { first, count }: { readonly first: number; readonly count: number },
): Denoise => {
  const guidanceInput = unet.graph.inputs.find(({ name }) => name === 'timestep_cond');
  if (bands && guidanceInput) throw distilled('--cfg-low and --cfg-high', 'part what guidance adds');
  if (guidanceWindow && isPart(guidanceWindow) && guidanceInput)
    throw distilled('--guidance-start and --guidance-end', 'save half of some steps');
  const halvesAt = (position: number): readonly number[] =>
    guidance > 1 && !guidanceInput && (!guidanceWindow || within(guidanceWindow, position, count)) ? [0, 1] : [1];
  const outputsOf = ({ graph }: LazyNetwork, prefix: string): string[] =>
    graph.outputs.map(p => p.name).filter(name => name.startsWith(prefix));
  /** Names of the states that are recorded of a network at a step; undefined where there is no record of it. */
  const recorded = (network: LazyNetwork, step: Step): readonly string[] | undefined => {
    if (!attention?.record) return undefined;
    const states = outputsOf(network, 'state.');
    if (!attention.recorded) return states;
    const layers = attention.recorded(step);
    return layers && states.filter(name => layers.includes(layerOf(name)));
  };
  const layers = outputsOf(unet, 'state.');
  let stored: { readonly halves: number; readonly deep: Tensor; readonly residuals: Feeds } | undefined;

  /** What the networks are fed with, for some halves of the guidance pair: [halves n, ...]. */
  const feedsOf = ({ graph }: LazyNetwork, x: Tensor, t: number, halves: readonly number[]): Feeds => {
    const pictures = Array.from({ length: x.dims[0] ?? 1 }, (_, i) => i);
    const asked = promptsAt(
      conditioning,
      halves.flatMap(half => pictures.map(() => half)),
    );
    const { states } = openConditioning(asked);
    return {
      ...addedFeeds(graph, asked, [factor * x.dims.at(-2)!, factor * x.dims.at(-1)!]),
      sample:
        pictures.length === 1 && shares(graph)
          ? x
          : takeRows(
              x,
              halves.flatMap(() => pictures),
            ), // [2n, c, h, w] or [1, c, h, w]
      timestep: tensor([1], Float32Array.of(t)),
      context: states, // [2n, tokens, width]
    };
  };

  const ports = unet.graph.inputs.map(p => p.name).filter(name => name.startsWith('control.'));
  const residualsOf = controlResiduals(controlNets, controls, signal);
  /** Sums of the ControlNets' residuals, or the zero that stands for none. */
  const residuals = async (x: Tensor, t: number, position: number, halves: readonly number[]): Promise<Feeds> => {
    const feeds = (network: LazyNetwork, half: readonly number[]): Feeds => feedsOf(network, x, t, half);
    const sums = await residualsOf({ position, count, halves, feedsOf: feeds });
    return Object.fromEntries(ports.map((name, k) => [name, sums?.[k] ?? NO_CONTROL]));
  };

  return async (x, step) => {
    const position = step.index - first;
    const halves = halvesAt(position);
    const [n = 1] = x.dims;
    const shallow = reuse && !runsWhole(position, reuse.every, halves.length, stored) ? { ...reuse, ...stored! } : undefined;
    const network = shallow?.shallow ?? unet;
    const wanted = recorded(network, step);
    const features = probe ? outputsOf(network, 'freeu.') : [];
    const controlled = shallow?.residuals ?? (await residuals(x, step.t, position, halves));
    const bank = await attention?.bank?.(step);
    const banks = bankFeeds(network.graph, n * halves.length, bank);
    const given = [
      ...Object.keys(controlled).filter(name => !reuse && controlled[name] !== NO_CONTROL), // shallow steps read them again
      ...Object.keys(banks).filter(name => bank?.given && name.startsWith('bank.')),
    ];
    const outputs = await network.run(
      {
        ...feedsOf(network, x, step.t, halves),
        ...(guidanceInput && { timestep_cond: guidanceEmbedding(guidance, n, Number(guidanceInput.dims[1])) }),
        ...freeuFeeds(network.graph, freeu, { position, count }),
        ...taken(network, controlled),
        ...banks,
        ...(shallow && { deep: shallow.deep }),
      },
      ['eps', ...(wanted ?? []), ...features, ...(reuse && !shallow ? ['deep'] : [])],
      signal,
      given,
    );
    if (outputs.deep) stored = { halves: halves.length, deep: outputs.deep, residuals: controlled };
    if (wanted) {
      await attention?.record?.(
        step,
        layers.map(name => outputs[name]),
      );
    }
    probe?.(step, Object.fromEntries(features.map(name => [name, outputs[name]!])));
    const eps = outputs.eps!;
    if (halves.length === 1) return eps;
    return guide(eps.data.subarray(0, x.data.length), eps.data.subarray(x.data.length), x.dims, guidance, { rescale, bands });
  };
};
