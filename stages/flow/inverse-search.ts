// Dense inverse search (Kroeger, Timofte, Dai, Van Gool: Fast Optical Flow using Dense Inverse Search, ECCV 2016) over WebAssembly kernels.
import { bytes, floats } from '../../models/tensor.ts';
import { type Arena, type Floats, openArena } from '../kernels/arena.ts';
import { loadKernels } from '../kernels/load.ts';
import type { Plane } from '../vision/operators.ts';
import type { Grid } from './grid.ts';
import type { FlowKernels } from './kernels.ts';

const MARGIN = 16; // pixels around every plane, as kernels/flow/pyramid.ts has it
const PATCH = 8;
const STRIDE = 4;
const COARSEST = 16; // least short side of a level, pixels
const STEPS = 8; // descent steps a patch and pass
const PASSES = 2;
const NEARBY = 2; // levels that motions of a few pixels need

/** One level of one picture. */
type Level = Grid & { readonly plane: Floats; readonly dx: Floats; readonly dy: Floats };

/** A flow between two planes of one size, both ways; interleaved x, y in pixels. */
export type BothWays = { readonly forward: Float32Array; readonly backward: Float32Array };

type Searcher = Grid & { pair(a: Plane, b: Plane): BothWays; nearby(a: Plane, b: Plane): Float32Array };

const patches = (length: number): number => Math.ceil((length - PATCH) / STRIDE) + 1;

/** Levels from the finest to the coarsest, each half as large. */
const sizesOf = (size: Grid): Grid[] => {
  const half = { width: size.width >> 1, height: size.height >> 1 };
  return [size, ...(Math.min(half.width, half.height) < COARSEST ? [] : sizesOf(half))];
};

const layOut = (arena: Arena, size: Grid) => {
  const { width, height } = size;
  const plane = (level: Grid): Floats => arena.floats((level.width + 2 * MARGIN) * (level.height + 2 * MARGIN));
  const levels = (): Level[] => sizesOf(size).map(level => ({ ...level, plane: plane(level), dx: plane(level), dy: plane(level) }));
  return {
    bytes: arena.bytes(width * height),
    first: levels(),
    second: levels(),
    flows: sizesOf(size).map(level => arena.floats(2 * level.width * level.height)),
    found: arena.floats(2 * patches(width) * patches(height)),
    sums: arena.floats(3 * (width * height + 8)),
  };
};

const open = (width: number, height: number): Searcher => {
  const { memory, bytes, first, second, flows, found, sums } = openArena(arena => layOut(arena, { width, height }));
  const kernels = loadKernels<FlowKernels>('flow', memory);

  const load = (plane: Plane, into: readonly Level[]): void => {
    bytes.data.set(plane.data);
    kernels.toFloats(bytes.at, width, height, into[0]!.plane.at);
    into.forEach((level, n) => {
      if (n > 0) kernels.halve(into[n - 1]!.plane.at, into[n - 1]!.width, into[n - 1]!.height, level.plane.at);
      kernels.slopes(level.plane.at, level.width, level.height, level.dx.at, level.dy.at);
    });
  };

  /** From the coarsest of the finest `most` levels on. */
  const towards = (from: readonly Level[], to: readonly Level[], most = from.length): Float32Array => {
    for (let n = Math.min(most, from.length) - 1; n >= 0; n--) {
      const { width: w, height: h, plane, dx, dy } = from[n]!;
      const second = to[n]!.plane.at;
      kernels.start(n + 1 < Math.min(most, from.length) ? flows[n + 1]!.at : 0, w, h, found.at);
      for (let pass = 0; pass < PASSES; pass++) kernels.search(plane.at, dx.at, dy.at, second, w, h, found.at, STEPS, pass % 2 === 1);
      kernels.densify(plane.at, second, w, h, found.at, sums.at, flows[n]!.at);
    }
    return flows[0]!.data.slice();
  };

  return {
    width,
    height,
    pair: (a, b) => {
      load(a, first);
      load(b, second);
      return { forward: towards(first, second), backward: towards(second, first) };
    },
    nearby: (a, b) => {
      load(a, first);
      load(b, second);
      return towards(first, second, NEARBY);
    },
  };
};

let opened: Searcher | undefined; // a thread works on one size after another, mostly on one alone

/** A plane of at least 8x8: a smaller one's border is repeated. */
const enlarged = (plane: Plane): Plane => {
  const { width, height, data } = plane;
  if (width >= PATCH && height >= PATCH) return plane;
  const [w, h] = [Math.max(PATCH, width), Math.max(PATCH, height)];
  const at = (p: number): number => data[Math.min(height - 1, Math.floor(p / w)) * width + Math.min(width - 1, p % w)]!;
  return { width: w, height: h, data: bytes(w * h, at) };
};

/** The top left part of a flow. */
const cropped = (flow: Float32Array, stride: number, { width, height }: Grid): Float32Array =>
  floats(2 * width * height, p => flow[2 * stride * Math.floor(p / (2 * width)) + (p % (2 * width))]!);

const searcher = ({ width, height }: Grid): Searcher => {
  if (opened?.width !== width || opened.height !== height) opened = open(width, height);
  return opened;
};

/** Motion from `a` to `b` and back, between planes of one size. */
export const inverseSearch = (a: Plane, b: Plane): BothWays => {
  const [first, second] = [enlarged(a), enlarged(b)];
  const { forward, backward } = searcher(first).pair(first, second);
  if (first === a) return { forward, backward };
  return { forward: cropped(forward, first.width, a), backward: cropped(backward, first.width, a) };
};

/** Motion from `a` to `b` where it is known to be of a few pixels: what another estimate has left. Planes of one size. */
export const residualSearch = (a: Plane, b: Plane): Float32Array => {
  const [first, second] = [enlarged(a), enlarged(b)];
  const found = searcher(first).nearby(first, second);
  return first === a ? found : cropped(found, first.width, a);
};
