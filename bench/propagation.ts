// Times flow and propagation on the example scene, on one thread: npx tsx bench/propagation.ts [WIDTHxHEIGHT]
import { renderFrame } from '../examples/scene/lakeside.ts';
import { estimatePair } from '../stages/flow/estimate.ts';
import { openPatchTier } from '../stages/propagate/patch-tier.ts';
import { warpTier } from '../stages/propagate/warp-tier.ts';

const [width = 896, height = 512] = (process.argv[2] ?? '896x512').split('x').map(Number);
const INTERVAL = 10;
const ROUNDS = 3;

/** Wall and CPU milliseconds a unit of work; the first round warms up and is not counted. */
const time = <R>(name: string, units: number, work: () => R): R => {
  let result = work();
  const [wall, cpu] = [performance.now(), process.cpuUsage()];
  for (let round = 0; round < ROUNDS; round++) result = work();
  const { user, system } = process.cpuUsage(cpu);
  const each = (milliseconds: number): string => (milliseconds / (ROUNDS * units)).toFixed(1).padStart(7);
  console.log(`${name.padEnd(34)} wall ${each(performance.now() - wall)} ms   cpu ${each((user + system) / 1000)} ms`);
  return result;
};

const frames = Array.from({ length: INTERVAL + 1 }, (_, n) => renderFrame(60 + n, { width, height }));
const [first, last] = [frames[0]!, frames.at(-1)!];
console.log(`${width}x${height}, interval ${INTERVAL}`);
const flows = time('flow, a pair, both ways', INTERVAL, () =>
  frames.slice(1).map((frame, n) => estimatePair(frames[n]!, frame, 'neighbours')),
);
const patchTier = openPatchTier();
time('propagation patch, a frame, two keys', INTERVAL - 1, () => patchTier({ frames, flows, first, last }, () => undefined));
time('propagation warp, a frame, two keys', INTERVAL - 1, () => warpTier({ frames, flows, first, last }, () => undefined));
time('propagation warp, a frame, one key', INTERVAL, () => warpTier({ frames, flows, first }, () => undefined));
