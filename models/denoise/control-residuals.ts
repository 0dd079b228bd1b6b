// What ControlNets add to the U-Net's skips: each network's residuals at a step, summed.
import { guessScales } from '../networks/controlnet.ts';
import type { Feeds } from '../runtime/calls.ts';
import type { LazyNetwork } from '../runtime/lazy-network.ts';
import { type Tensor, takeRows, tensor } from '../tensor.ts';
import { scalar } from './scalar.ts';
import { type StepWindow, within } from './step-window.ts';

/** What one ControlNet is shown, and how much it says. */
export type ControlUse = StepWindow & {
  /** The control image, [1 or n, 3, height, width] of the picture, in [0, 1]. */
  readonly image: Tensor;
  /** Weight of its residuals, default 1. */
  readonly scale?: number;
  /** Leaves the negative prompt's half alone and weakens the shallow residuals: the picture says more than the prompt. Default false. */
  readonly guess?: boolean;
};

/** A ControlNet, and the convolutions through which it reads its picture. */
export type ControlNetwork = { readonly net: LazyNetwork; readonly hint: LazyNetwork };

/** Control images for both halves of the guidance pair; a single one serves the whole batch as it is, at half the work. */
const imageBatch = (image: Tensor, halves: number): Tensor => {
  const [n = 1] = image.dims;
  return n === 1
    ? image
    : takeRows(
        image,
        Array.from({ length: n * halves }, (_, k) => k % n),
      );
};

const add = (a: Tensor, b: Tensor): Tensor =>
  tensor(
    a.dims,
    a.data.map((value, i) => value + b.data[i]!),
  );

/** Twice the batch: zeros for the negative prompt's half, then what is there for the prompt's. */
const behindZeros = ({ dims: [n = 1, ...dims], data }: Tensor): Tensor => {
  const out = tensor([2 * n, ...dims]);
  out.data.set(data, data.length);
  return out;
};

/** A step of a run, as its ControlNets are asked: which halves of the guidance pair run, and what makes a network's common feeds. */
export type ControlledStep = {
  /** Of the run's `count` steps. */
  readonly position: number;
  readonly count: number;
  readonly halves: readonly number[];
  readonly feedsOf: (network: LazyNetwork, halves: readonly number[]) => Feeds;
};

/**
 * The sums of the ControlNets' residuals in one run, one tensor a skip; undefined at steps that none of them guides. A picture is read
 * once, when its network first guides a step.
 */
export const controlResiduals = (
  networks: readonly ControlNetwork[],
  controls: readonly ControlUse[],
  signal: AbortSignal | undefined,
): ((step: ControlledStep) => Promise<readonly Tensor[] | undefined>) => {
  const hints: (Tensor | undefined)[] = [];
  return async ({ position, count, halves, feedsOf }) => {
    let sum: Tensor[] | undefined;
    for (const [i, { image, scale = 1, guess = false, ...window }] of controls.entries()) {
      const network = networks[i];
      if (!network || scale === 0 || !within(window, position, count)) continue;
      const { net, hint } = network;
      const names = net.graph.outputs.map(p => p.name);
      const controlled = guess ? [1] : halves;
      hints[i] ??= (await hint.run({ image: imageBatch(image, controlled.length) }, ['hint'], signal)).hint!;
      const feeds = {
        ...feedsOf(net, controlled),
        hint: hints[i],
        scale: scalar(scale),
        scales: tensor([names.length], guess ? guessScales(names.length) : new Float32Array(names.length).fill(1)),
      };
      const outputs = await net.run(feeds, names, signal);
      const added = names.map(name => (controlled.length < halves.length ? behindZeros(outputs[name]!) : outputs[name]!));
      sum = sum ? sum.map((total, k) => add(total, added[k]!)) : added;
    }
    return sum;
  };
};
