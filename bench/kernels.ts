// CPU milliseconds of each propagation kernel on the example scene, best of several, one thread: npx tsx bench/kernels.ts [SIZE]
import { renderFrame } from '../examples/scene/lakeside.ts';
import { openArena } from '../stages/kernels/arena.ts';
import { loadKernels } from '../stages/kernels/load.ts';
import { bindSearch } from '../stages/propagate/bind-search.ts';
import { layOutFusion, openLab, solvePoisson } from '../stages/propagate/fusion.ts';
import type { PropagateKernels } from '../stages/propagate/kernels.ts';
import { layOutLevels } from '../stages/propagate/levels.ts';
import { borderBytes, layOutWarper, openWarper, padded } from '../stages/propagate/warper.ts';
import { paint } from './propagation/filter.ts';

const side = Number(process.argv[2] ?? 512);
const ROUNDS = 15;
const size = { width: side, height: side };
const grid = { width: side >> 1, height: side >> 1 };
const count = side * side;

const { memory, level, fusion, key, mixed, ...regions } = openArena(arena => ({
  ...layOutWarper(arena, size, grid),
  level: layOutLevels(arena, size, 1, 1)[0]!,
  fusion: layOutFusion(arena, size),
  key: arena.bytes(borderBytes(size)),
  mixed: arena.bytes(3 * count),
}));
const k = loadKernels<PropagateKernels>('propagate', memory);
const warper = openWarper(k, regions, size, grid);
const lab = openLab(k, fusion, count);

const time = (name: string, work: () => void, prepare: () => void = () => undefined): void => {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS + 3; round++) {
    prepare();
    const start = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(start);
    if (round >= 3) best = Math.min(best, (user + system) / 1000);
  }
  console.log(`${name.padEnd(44)}${best.toFixed(1).padStart(8)} ms`);
};

const [before, frame] = [renderFrame(60, size), renderFrame(63, size)];
const style = paint(before);
level.keyRgb.data.set(before.data);
level.frameRgb.data.set(frame.data);
for (let p = 0; p < count; p++) level.style.data.set(style.data.subarray(3 * p, 3 * p + 3), 4 * p);
padded(style.data, size, 3, key.data);
padded(style.data, size, 3, level.border.data);
level.active.data.fill(1);
const map = Float32Array.from({ length: 2 * grid.width * grid.height }, (_, n) => 1.5 * Math.sin(n / 3000));

console.log(`${side}x${side}`);
time('warp, cubic', () => warper.see(map, key, level.made));
time('map at full size', () => warper.places(map, level.places));
time('features of a picture', () => {
  k.lumaPlane(level.keyRgb.at, count, level.luma.at);
  k.packSource(level.keyRgb.at, level.luma.at, side, side, level.keyFeatures.at);
});
k.packStyle(level.style.at, side, side, 0, level.keyFeatures.at);
k.lumaPlane(level.frameRgb.at, count, level.luma.at);
k.packSource(level.frameRgb.at, level.luma.at, side, side, level.frameFeatures.at);
time('features of the style', () => k.packStyle(level.made.at, side, side, 0, level.frameFeatures.at));
const seed = (): void => {
  k.seed(level.places.at, count, level.matches.at);
  k.evaluate(level.keyFeatures.at, level.frameFeatures.at, side, side, level.matches.at, 0, level.columns.at, level.distances.at);
};
seed();
time('distances of all pixels', () =>
  k.evaluate(level.keyFeatures.at, level.frameFeatures.at, side, side, level.matches.at, 0, level.columns.at, level.distances.at),
);
time('occupancy', () => k.occupancy(level.matches.at, side, side, level.rows.at, level.used.at));
const pull = (64 * 25 * (2 / 3) * 255 * 255) / (side * side);
bindSearch(k, level, { pullX: pull, pullY: pull, evenness: 358.4 });
for (const radius of [512, 16, 2]) time(`a scan from the motion, radii <= ${radius}`, () => k.search(0, radius, 1), seed);
const scatter = (): void => {
  k.scatter(side, side, 1, level.matches.at);
  k.evaluate(level.keyFeatures.at, level.frameFeatures.at, side, side, level.matches.at, 0, level.columns.at, level.distances.at);
};
time('a scan from a random start, radii <= 512', () => k.search(0, 512, 1), scatter);
seed();
time('vote', () => k.vote(level.border.at, side, side, level.matches.at, level.active.at, level.made.at));
time('dilate, 7x7', () => k.dilate(level.active.at, side, side, 3, level.rows.at, level.luma.at));
mixed.data.set(style.data);
time('RGB to LAB', () => lab.to(mixed, 3, fusion.mix));
time('LAB to RGB', () => lab.from(fusion.mix, mixed));
lab.to(mixed, 3, fusion.first);
lab.to(mixed, 3, fusion.last);
fusion.trust.data.fill(1);
time('screened Poisson, three channels', () => solvePoisson(k, fusion, size));
