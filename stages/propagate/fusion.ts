// Gives a mix of two pictures the detail of one of them at every place: screened Poisson in LAB (Rerender's fusion).
import type { Grid } from '../flow/grid.ts';
import type { Arena, Bytes, Doubles, Floats } from '../kernels/arena.ts';
import type { PropagateKernels } from './kernels.ts';
import { LAB_TABLES } from './tables.ts';

/** w^2 for L, a, b, with Rerender's weights 2.5, 0.5, 0.5. */
const STIFFNESS = [6.25, 0.25, 0.25] as const;
/** From the mix itself to 0.25 levels of the exact answer. */
export const SWEEPS = [21, 4, 3] as const;
const CLIP = 100; // levels of gradient

const CHANNELS = [0, 1, 2] as const;

type Moments = { readonly mean: number; readonly deviation: number };
const STANDARD: Moments = { mean: 128, deviation: 256 / 36 };

/** Regions for pictures of a size. */
export const layOutFusion = (arena: Arena, { width, height }: Grid) => ({
  tables: arena.floats(LAB_TABLES.length),
  mix: arena.floats(3 * width * height),
  first: arena.floats(3 * width * height),
  last: arena.floats(3 * width * height),
  side: arena.floats(width * height),
  trust: arena.floats(width * height),
  lacking: arena.floats((width + 2) * (height + 2)),
  step: arena.floats((width + 2) * (height + 2)),
  ahead: arena.floats((width + 2) * (height + 2)),
  moments: arena.doubles(2),
});

export type FusionRegions = ReturnType<typeof layOutFusion>;

/**
 * Solves all three channels of `mix` (LAB planes) in place:
 * gradients of `first` and `last` by `side` (0..1), counted as far as `trust` says.
 * Chebyshev's iteration with fixed counts: nothing depends on the data's history.
 */
export const solvePoisson = (
  kernels: PropagateKernels,
  regions: FusionRegions,
  { width, height }: Grid,
  sweeps: readonly number[] = SWEEPS,
): void => {
  const { mix, first, last, side, trust, lacking, step, ahead } = regions;
  for (const [c, k] of STIFFNESS.entries()) {
    const plane = 4 * c * width * height;
    kernels.lacking(mix.at + plane, first.at + plane, last.at + plane, side.at, trust.at, width, height, k, CLIP, lacking.at);
    kernels.solve(mix.at + plane, width, height, k, sweeps[c]!, lacking.at, step.at, ahead.at);
  }
};

/** Shifts and scales each channel of `planes` (LAB) to a mean and a standard deviation; a flat channel only shifts. */
const standardise = (kernels: PropagateKernels, planes: Floats, count: number, moments: Doubles, to: readonly Moments[]): void => {
  for (const [c, { mean, deviation }] of to.entries()) {
    const plane = planes.at + 4 * c * count;
    kernels.moments(plane, count, moments.at);
    const [from, spread] = [moments.data[0]!, moments.data[1]!];
    kernels.rescale(plane, count, from, spread > 1e-6 ? deviation / spread : 1, mean);
  }
};

/** What the mask selects of two pictures (LAB planes), to `mix`: first where `side` is 0, last where it is 1. */
export const select = ({ mix, first, last, side }: FusionRegions): void => {
  const count = side.data.length;
  for (let p = 0; p < mix.data.length; p++) mix.data[p] = side.data[p % count]! < 0.5 ? first.data[p]! : last.data[p]!;
};

/**
 * Rerender's histogram-preserving blend: `first` and `last` (LAB planes) each to mean 128 and deviation 256/36, mixed by `nearness` to the
 * last (0..1), and the mix to the mean and deviation of the selection. Leaves it in `mix`, and both pictures standardised.
 */
export const histogramBlend = (kernels: PropagateKernels, regions: FusionRegions, { width, height }: Grid, nearness: number): void => {
  const { mix, first, last, moments } = regions;
  const count = width * height;
  const [m, a, b] = [mix.data, first.data, last.data];
  select(regions);
  const selected = CHANNELS.map(c => {
    kernels.moments(mix.at + 4 * c * count, count, moments.at);
    return { mean: moments.data[0]!, deviation: moments.data[1]! };
  });
  for (const planes of [first, last])
    standardise(
      kernels,
      planes,
      count,
      moments,
      CHANNELS.map(() => STANDARD),
    );
  for (let p = 0; p < m.length; p++) m[p] = (1 - nearness) * a[p]! + nearness * b[p]!;
  standardise(kernels, mix, count, moments, selected);
};

/** Converts between pictures in the arena and LAB planes. `stride` bytes a pixel: 3 or 4. */
export const openLab = (kernels: PropagateKernels, { tables }: FusionRegions, count: number) => {
  tables.data.set(LAB_TABLES);
  return {
    to: (picture: Bytes, stride: 3 | 4, planes: Floats): void => kernels.toLab(picture.at, stride, count, tables.at, planes.at),
    from: (planes: Floats, picture: Bytes): void => kernels.fromLab(planes.at, count, tables.at, picture.at, 3),
  };
};
