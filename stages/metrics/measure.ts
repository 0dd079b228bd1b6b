// Everything that is measured of one frame and its neighbours; synchronous, for worker threads.
import type { Picture } from '../../media/frame.ts';
import { lumaOn } from '../flow/on-grid.ts';
import { standStill } from '../flow/standstill.ts';
import { type Look, lookOf } from './look.ts';
import { detail, edges, luma } from './luma.ts';
import { type Motion, sampler } from './sampler.ts';
import { flicker, visibleShare, warpError } from './stability.ts';
import { stillChange } from './stillness.ts';
import { ssim } from './structure.ts';

/** A frame of the source and the same frame of the result, of one size. */
export type Couple = { readonly source: Picture; readonly output: Picture };

/** A neighbour in the same shot, and the motion from the frame to it, estimated on the source. */
export type Neighbour = Couple & { readonly motion: Motion };

/** A frame to be measured, with its neighbours in the same shot. */
export type MeasureInput = { readonly at: Couple; readonly before?: Neighbour | undefined; readonly after?: Neighbour | undefined };

/** One measure of the result and of its source. */
export type Both = { readonly output: number; readonly source: number };

/** What is measured of one frame of a result; docs/metrics.md has the equations. */
export type FrameMeasure = {
  /** SSIM of the luminance edges of result and source, at most 1. */
  readonly structure: number;
  readonly look: { readonly output: Look; readonly source: Look };
  /** Share of the pixels that the frame before shows, 0..1; like the next, absent in the first frame of a shot. */
  readonly seen?: number | undefined;
  /** Mean squared difference to the frame before, moved along; values 0..1. */
  readonly warpError?: Both | undefined;
  /** Mean jump of the luma between the neighbours, levels; absent in the first and last frame of a shot, like the next. */
  readonly flicker?: Both | undefined;
  /** The same of what is finer than seven pixels. */
  readonly fineFlicker?: Both | undefined;
  /** Mean change since the frame before where the source stands still, levels; absent in a shot's first frame, and where nothing does. */
  readonly stillChange?: Both | undefined;
};

const both = (output: number | undefined, source: number | undefined): Both | undefined =>
  output === undefined || source === undefined ? undefined : { output, source };

/** The motion to a neighbour, none where none is seen: a guess there would be charged to a result that stands still. */
const seenMotion = (at: Couple, { source, motion }: Neighbour): Motion => {
  const flow = motion.flow.slice();
  standStill(flow, lumaOn(source, motion), lumaOn(at.source, motion));
  return { ...motion, flow };
};

export const measureFrame = ({ at, before, after }: MeasureInput): FrameMeasure => {
  const { width, height } = at.source;
  const y = { source: luma(at.source), output: luma(at.output) };
  const drawn = { source: edges(y.source, width, height), output: edges(y.output, width, height) };
  const toBefore = before && sampler(seenMotion(at, before), width, height);
  const toAfter = after && sampler(seenMotion(at, after), width, height);
  const jump = (of: keyof Couple, plane: (y: Float32Array) => Float32Array): number | undefined =>
    toBefore && toAfter && flicker(plane(y[of]), plane(luma(before[of])), plane(luma(after[of])), toBefore, toAfter, width);
  const whole = (of: keyof Couple) => jump(of, plane => plane);
  const fine = (of: keyof Couple) => jump(of, plane => detail(plane, width, height));
  return {
    structure: ssim(drawn.output, drawn.source, width, height),
    look: { output: lookOf(at.output, drawn.output), source: lookOf(at.source, drawn.source) },
    seen: toBefore && visibleShare(toBefore),
    warpError: toBefore && both(warpError(at.output, before.output, toBefore), warpError(at.source, before.source, toBefore)),
    flicker: both(whole('output'), whole('source')),
    fineFlicker: both(fine('output'), fine('source')),
    stillChange: before && stillChange(at, before),
  };
};
