// End-point error and time of ways to estimate motion, where it is known exactly: npx tsx bench/flow.ts [WIDTHxHEIGHT]
// Pairs: synthetic scenes, and the example's scene at neighbours' and at key frames' distance. One thread; figures in docs/motion.md.
import { renderFrame, trueFlow } from '../examples/scene/lakeside.ts';
import { estimatePair } from '../stages/flow/estimate.ts';
import { type Detail, flowGrid, type Grid, resizeFlow } from '../stages/flow/grid.ts';
import { inverseSearch } from '../stages/flow/inverse-search.ts';
import { lumaOn } from '../stages/flow/on-grid.ts';
import { compose } from '../stages/propagate/compose.ts';
import { type FarnebackOptions, farneback, type Plane } from '../stages/vision/operators.ts';
import { type Pair, syntheticPairs } from './flow-scenes.ts';

const [width = 896, height = 512] = (process.argv[2] ?? '896x512').split('x').map(Number);
const [half, whole] = [flowGrid(width, height), flowGrid(width, height, 'fine')];

/** What was used before, tuned on the same scenes. */
const NEAR: FarnebackOptions = { pyrScale: 0.5, levels: 4, window: 9, iterations: 3, polyN: 5, polySigma: 1.1 };
const FAR: FarnebackOptions = { ...NEAR, levels: 5, window: 13, iterations: 5 };

type Method = { readonly name: string; readonly grid: Grid; readonly both: (a: Plane, b: Plane) => { readonly forward: Float32Array } };

const farnebackBoth = (options: FarnebackOptions) => (a: Plane, b: Plane) => {
  farneback(b, a, options);
  return { forward: farneback(a, b, options) };
};

const METHODS: readonly Method[] = [
  { name: 'Farneback 4x9', grid: half, both: farnebackBoth(NEAR) },
  { name: 'Farneback 5x13', grid: half, both: farnebackBoth(FAR) },
  { name: 'Farneback, whole', grid: whole, both: farnebackBoth(FAR) },
  { name: 'coarse', grid: half, both: inverseSearch },
  { name: 'fine', grid: whole, both: inverseSearch },
];

const NAME = 40;
const CELL = 18;
const line = (name: string, cells: readonly string[]): void =>
  console.log(name.padEnd(NAME) + cells.map(cell => cell.padStart(CELL)).join(''));

/**
 * Mean end-point error, pixels of the picture, and the share that is more than 3 off,
 * over the pixels that can be seen in both and `counts` takes.
 */
const errors = (
  flow: Float32Array,
  grid: Grid,
  truth: Pick<Pair, 'flow' | 'occluded'>,
  counts: (pixel: number) => boolean = () => true,
): string => {
  const full = resizeFlow(flow, grid, { width, height });
  let [sum, count, off] = [0, 0, 0];
  for (let p = 0; p < truth.occluded.length; p++) {
    if (truth.occluded[p] !== 0 || !counts(p)) continue;
    const e = Math.hypot(full[2 * p]! - truth.flow[2 * p]!, full[2 * p + 1]! - truth.flow[2 * p + 1]!);
    sum += e;
    count++;
    if (e > 3) off++;
  }
  return `${(sum / count).toFixed(3)} (${((100 * off) / count).toFixed(1)} %)`;
};

const cpu = (work: () => void): number => {
  const begin = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(begin);
  return (user + system) / 1000;
};

const FIRST = 30;
const frames = Array.from({ length: 11 }, (_, n) => renderFrame(FIRST + n, { width, height }));
const example = (gap: number): Pair => ({
  name: `example, ${gap} apart`,
  first: frames[0]!,
  second: frames[gap]!,
  ...trueFlow(FIRST, FIRST + gap, { width, height }),
});

const pairs = [...syntheticPairs(width, height), ...[1, 5, 10].map(example)];
console.log(`${width}x${height}: mean end-point error over the pixels seen in both, pixels (share more than 3 pixels off)`);
line(
  '',
  METHODS.map(({ name }) => name),
);
const spent = METHODS.map(() => 0);
for (const pair of pairs) {
  const cells = METHODS.map(({ grid, both }, m) => {
    const [a, b] = [lumaOn(pair.first, grid), lumaOn(pair.second, grid)];
    let forward = both(a, b).forward; // warms up
    spent[m] = spent[m]! + cpu(() => ({ forward } = both(a, b)));
    return errors(forward, grid, pair);
  });
  line(pair.name, cells);
}
line(
  'CPU ms a pair, both ways',
  spent.map(ms => (ms / pairs.length).toFixed(1)),
);

console.log('\nkey frames of the example: direct, or a chain of neighbours; then only where the forward-backward test holds');
line('', ['direct', 'direct, tested', 'left out', 'chain', 'truly hidden']);
for (const gap of [5, 10]) {
  const pair = example(gap);
  const direct = estimatePair(pair.first, pair.second, 'fine');
  const hidden = (p: number): boolean => {
    const [x, y] = [p % width, Math.floor(p / width)];
    return direct.hiddenInSecond[Math.floor((y * direct.height) / height) * direct.width + Math.floor((x * direct.width) / width)] !== 0;
  };
  let chain: Float32Array | undefined;
  for (let n = gap; n > 0; n--) {
    const step = estimatePair(frames[n - 1]!, frames[n]!, 'coarse').forward;
    const longer = new Float32Array(step.length);
    if (chain) compose(step, chain, half.width, half.height, longer);
    chain = chain ? longer : step;
  }
  const left = pair.occluded.reduce((count, _, p) => count + (hidden(p) ? 1 : 0), 0) / pair.occluded.length;
  const truly = pair.occluded.reduce((a, b) => a + b, 0) / pair.occluded.length;
  line(pair.name, [
    errors(direct.forward, direct, pair),
    errors(direct.forward, direct, pair, p => !hidden(p)),
    `${(100 * left).toFixed(1)} %`,
    errors(chain!, half, pair),
    `${(100 * truly).toFixed(1)} %`,
  ]);
}

console.log('\nCPU ms of flow.pair: luma, grid, motion both ways, occlusion both ways');
for (const detail of ['coarse', 'fine'] satisfies Detail[]) {
  estimatePair(frames[0]!, frames[1]!, detail);
  const ms = cpu(() => {
    for (let n = 1; n < frames.length; n++) estimatePair(frames[n - 1]!, frames[n]!, detail);
  });
  line(detail, [(ms / (frames.length - 1)).toFixed(1)]);
}
