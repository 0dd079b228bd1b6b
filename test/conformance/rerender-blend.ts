// The operators of Rerender's fusion of two directions, on the inputs of a case of kind rerender-ops.
import { openArena } from '../../stages/kernels/arena.ts';
import { loadKernels } from '../../stages/kernels/load.ts';
import { errorMask, keepLast } from '../../stages/propagate/error-mask.ts';
import { type FusionRegions, histogramBlend, layOutFusion, select, solvePoisson } from '../../stages/propagate/fusion.ts';
import type { PropagateKernels } from '../../stages/propagate/kernels.ts';
import { type Case, floats } from './case.ts';
import type { Numbers } from './tensors.ts';

const EXACT = [96, 24, 24]; // sweeps: far below the cases' tolerance

/** (H, W, 3) to three planes, and back. */
const planar = (data: Float32Array): Float32Array =>
  data.map((_, n) => data[3 * (n % (data.length / 3)) + Math.floor(n / (data.length / 3))]!);
const interleaved = (data: Float32Array): Float32Array => data.map((_, n) => data[(n % 3) * (data.length / 3) + Math.floor(n / 3)]!);

/** Loads a, b, mask and, for Poisson, the blend; runs `work`; returns the mix after it. */
const fused = (
  c: Case,
  names: readonly ['a', 'b', 'mask', ...'blend'[]],
  work: (kernels: PropagateKernels, regions: FusionRegions) => void,
): Numbers => {
  const { dims } = floats(c, 'a');
  const [height, width] = [dims[0]!, dims[1]!];
  const { memory, ...regions } = openArena(arena => layOutFusion(arena, { width, height }));
  regions.first.data.set(planar(floats(c, 'a').data));
  regions.last.data.set(planar(floats(c, 'b').data));
  regions.side.data.set(floats(c, 'mask').data);
  regions.trust.data.fill(1);
  if (names.includes('blend')) regions.mix.data.set(planar(floats(c, 'blend').data));
  work(loadKernels<PropagateKernels>('propagate', memory), regions);
  return { dims, data: interleaved(regions.mix.data) };
};

const sizeOf = (c: Case) => ({ height: floats(c, 'a').dims[0]!, width: floats(c, 'a').dims[1]! });

/** By `options.op`. */
export const blendOps: Readonly<Record<string, (c: Case) => Record<string, Numbers>>> = {
  'min-error-mask': c => {
    const { dims, data } = floats(c, 'error_a');
    const chosen = errorMask(data, floats(c, 'error_b').data, Number(c.options.n), Number(c.options.interval));
    const mask = keepLast(chosen, Uint8Array.from(floats(c, 'earlier_mask').data));
    return { chosen: { dims, data: Float32Array.from(chosen) }, mask: { dims, data: Float32Array.from(mask) } };
  },
  'histogram-blend': c => ({
    selected: fused(c, ['a', 'b', 'mask'], (_, regions) => select(regions)),
    lab: fused(c, ['a', 'b', 'mask'], (kernels, regions) => histogramBlend(kernels, regions, sizeOf(c), Number(c.options.w1))),
  }),
  poisson: c => ({ lab: fused(c, ['a', 'b', 'mask', 'blend'], (kernels, regions) => solvePoisson(kernels, regions, sizeOf(c), EXACT)) }),
};
