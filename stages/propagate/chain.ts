// Follows the motion away from a key frame, frame by frame, and says where the key can be believed.
import type { Picture } from '../../media/frame.ts';
import type { FlowPair } from '../flow/estimate.ts';
import { follow } from '../flow/follow.ts';
import type { Grid } from '../flow/grid.ts';
import { residualSearch } from '../flow/inverse-search.ts';
import { coloursOn } from '../flow/on-grid.ts';
import { settle, structureOf } from '../flow/settle.ts';
import { addMisfits, gainOf, type Misfits, misfitsOf, shorten } from '../flow/standstill.ts';
import type { Plane } from '../vision/operators.ts';
import { compose } from './compose.ts';
import type { Side } from './interval.ts';
import { visibility } from './visibility.ts';

/** The source frames of an interval on their flow grid: colours, luma, and how much of their motion it tells. */
export type GridFrame = { readonly colour: Picture; readonly luma: Plane; readonly structure: Float32Array };

export const onGrid = (picture: Picture, grid: Grid): GridFrame => {
  const { colour, luma } = coloursOn(picture, grid);
  return { colour, luma, structure: structureOf(luma) };
};

/** All of them, made when they are first asked for. */
export const framesOnGrid = (frames: readonly Picture[], grid: Grid): (() => readonly GridFrame[]) => {
  let made: readonly GridFrame[] | undefined;
  return () => (made ??= frames.map(frame => onGrid(frame, grid)));
};

/** Where a frame finds its colours in the key, in cells (interleaved), and how far that is to be believed. */
export type Link = {
  readonly map: Float32Array;
  /** 0..1 a cell. */
  readonly belief: Float32Array;
  /** Mean colour difference of the sources, levels. */
  readonly residual: Float32Array;
};

/** A frame of a walk away from a key: its motion towards the key (to the neighbour visited before), and that neighbour's motion to it. */
export type WalkStep = { readonly frame: GridFrame; readonly towards: Float32Array; readonly away: Float32Array };

/**
 * A walk away from a key frame. Each call of the returned function gives the next frame's link, in arrays that the call after reuses.
 * Drift of the chain is taken back at every frame by aligning the key, warped along the chain, with the frame itself. Links are settled,
 * and stand still where the source does. That is asked of the whole walk at once: a place that stood in one frame and moved in the next
 * would waver. The chain goes on from what was found, so that nothing adds up. Memory: four floats a cell and frame.
 */
export const walk = (key: GridFrame, steps: readonly WalkStep[], checkpoint: () => void): (() => Link) => {
  const { width, height } = key.luma;
  const field = (): Float32Array => new Float32Array(2 * width * height);
  const map = field(); // frame -> key
  let back = field(); // key -> frame
  let [spareMap, spareBack] = [field(), field()];
  const [there, here]: [Float32Array[], Float32Array[]] = [[], []];
  const onMean: Misfits = { still: new Float32Array(width * height), moved: new Float32Array(width * height) };
  for (const [i, { frame, towards, away }] of steps.entries()) {
    checkpoint();
    compose(towards, map, width, height, spareMap);
    compose(back, away, width, height, spareBack);
    [back, spareBack] = [spareBack, back];
    compose(residualSearch(frame.luma, follow(key.luma, spareMap)), spareMap, width, height, map);
    const misfits = misfitsOf(map, key.luma, frame.luma);
    addMisfits(onMean, misfits, (2 * (i + 1)) / (steps.length * (steps.length + 1)), key.luma); // further from the key more has moved
    const settled = map.slice();
    settle(settled, frame.luma, frame.structure, misfits.moved);
    there.push(settled);
    here.push(back.slice());
  }
  const gain = gainOf(onMean, key.luma);
  const belief = new Float32Array(width * height);
  const residual = new Float32Array(width * height);
  let next = 0;
  return () => {
    const [toKey, fromKey] = [there[next]!, here[next]!];
    shorten(toKey, gain, key.luma);
    shorten(fromKey, gain, key.luma); // what is not moved one way is not moved the other way: both shall meet
    visibility(toKey, fromKey, key.colour, steps[next]!.frame.colour, belief, residual);
    delete there[next];
    delete here[next++];
    return { map: toKey, belief, residual };
  };
};

/** The steps from a key over the frames between, in the order of the walk; `sources` are all frames of the interval. */
export const stepsFrom = (side: Side, sources: readonly GridFrame[], flows: readonly FlowPair[], count: number): WalkStep[] =>
  Array.from({ length: count }, (_, i) => {
    const n = side === 'first' ? i + 1 : count - i;
    return { frame: sources[n]!, ...(side === 'first' ? awayFromFirst(flows[n - 1]!) : awayFromLast(flows[n]!)) };
  });

/** The motion fields of a pair by the side of the key. */
export const awayFromFirst = (pair: FlowPair) => ({ towards: pair.backward, away: pair.forward });
export const awayFromLast = (pair: FlowPair) => ({ towards: pair.forward, away: pair.backward });
