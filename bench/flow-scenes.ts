// Pairs of pictures whose motion is known exactly: textured layers that slide, turn and grow, and what they hide.
import { fractal, noise } from '../examples/scene/noise.ts';
import type { Picture } from '../media/frame.ts';

/** Motion of every pixel of the first picture (interleaved x, y, pixels), and 1 where it cannot be seen in the second. */
export type Truth = { readonly flow: Float32Array; readonly occluded: Uint8Array };

export type Pair = Truth & { readonly name: string; readonly first: Picture; readonly second: Picture };

/** p -> turn * p + shift, about the middle of the picture; pixels, radians. */
type Motion = { readonly x: number; readonly y: number; readonly angle?: number; readonly size?: number };

/** A layer in the coordinates of the first picture, from its middle: where it is, and its colour there. */
type Layer = {
  readonly covers: (x: number, y: number) => boolean;
  readonly shade: (x: number, y: number) => number;
  readonly motion: Motion;
};

type Scene = { readonly name: string; readonly layers: readonly Layer[]; readonly light?: (level: number) => number };

const everywhere = () => true;
const disc = (cx: number, cy: number, r: number) => (x: number, y: number) => (x - cx) ** 2 + (y - cy) ** 2 < r * r;
const box = (cx: number, cy: number, w: number, h: number) => (x: number, y: number) =>
  Math.abs(x - cx) < w / 2 && Math.abs(y - cy) < h / 2;

const rough =
  (seed: number, grain = 40) =>
  (x: number, y: number) =>
    128 + 190 * fractal(x / grain, y / grain, 5, seed);
const smooth = (seed: number) => (x: number, y: number) => 120 + 60 * noise(x / 160, y / 160, seed);
const plain = (level: number) => () => level;

const still: Motion = { x: 0, y: 0 };

/** Nearest layer first. */
const SCENES: readonly Scene[] = [
  {
    name: 'occlusion: objects by 12, camera by 3',
    layers: [
      { covers: disc(-140, -40, 70), shade: rough(11), motion: { x: 12, y: 4 } },
      { covers: box(130, 60, 150, 110), shade: rough(12, 25), motion: { x: -11, y: -5 } },
      { covers: everywhere, shade: rough(13), motion: { x: -3, y: 1 } },
    ],
  },
  {
    name: 'large: object by 45, camera by 30',
    layers: [
      { covers: disc(-60, 0, 90), shade: rough(21, 30), motion: { x: 42, y: -16 } },
      { covers: everywhere, shade: rough(22), motion: { x: -29, y: 7 } },
    ],
  },
  { name: 'large: camera by 60', layers: [{ covers: everywhere, shade: rough(31), motion: { x: 58, y: 15 } }] },
  { name: 'rotation by 7 degrees', layers: [{ covers: everywhere, shade: rough(41), motion: { x: 1, y: 0, angle: 0.122 } }] },
  { name: 'zoom by 8 %', layers: [{ covers: everywhere, shade: rough(51), motion: { x: 0, y: 2, size: 1.08 } }] },
  {
    name: 'textureless: plain objects, soft ground',
    layers: [
      { covers: box(-120, 0, 120, 160), shade: plain(210), motion: { x: 9, y: 0 } },
      { covers: disc(140, 10, 60), shade: plain(40), motion: { x: -6, y: 3 } },
      { covers: everywhere, shade: smooth(61), motion: { x: 2, y: 0 } },
    ],
  },
  {
    name: 'light: 15 % brighter, camera by 4',
    layers: [
      { covers: disc(60, -20, 80), shade: rough(71), motion: { x: 7, y: 5 } },
      { covers: everywhere, shade: rough(72), motion: { x: -4, y: 1 } },
    ],
    light: level => 1.15 * level + 6,
  },
  { name: 'still', layers: [{ covers: everywhere, shade: rough(81), motion: still }] },
];

const apply = ({ x: tx, y: ty, angle = 0, size = 1 }: Motion, x: number, y: number): readonly [number, number] => {
  const [c, s] = [size * Math.cos(angle), size * Math.sin(angle)];
  return [c * x - s * y + tx, s * x + c * y + ty];
};

const undo = ({ x: tx, y: ty, angle = 0, size = 1 }: Motion, x: number, y: number): readonly [number, number] => {
  const [c, s] = [Math.cos(angle) / size, Math.sin(angle) / size];
  return [c * (x - tx) + s * (y - ty), c * (y - ty) - s * (x - tx)];
};

const TINT = [1, 0.9, 0.75] as const; // of the grey shade, so that the pictures have colours
const OFFSETS = [-0.25, 0.25] as const; // four samples a pixel

/** The layer seen at a place, of the first picture or of the second. */
const frontLayer = (layers: readonly Layer[], x: number, y: number, moved: boolean): number =>
  layers.findIndex(({ covers, motion }) => covers(...(moved ? undo(motion, x, y) : ([x, y] as const))));

const render = ({ layers, light = level => level }: Scene, width: number, height: number, moved: boolean): Picture => {
  const data = new Uint8Array(3 * width * height);
  for (let j = 0, p = 0; j < height; j++) {
    for (let i = 0; i < width; i++, p += 3) {
      let sum = 0;
      for (const dy of OFFSETS) {
        for (const dx of OFFSETS) {
          const [x, y] = [i - (width - 1) / 2 + dx, j - (height - 1) / 2 + dy];
          const layer = layers[frontLayer(layers, x, y, moved)]!;
          sum += layer.shade(...(moved ? undo(layer.motion, x, y) : ([x, y] as const))) / 4;
        }
      }
      for (let c = 0; c < 3; c++) data[p + c] = Math.min(255, Math.max(0, Math.round((moved ? light(sum) : sum) * TINT[c]!)));
    }
  }
  return { width, height, data };
};

const truth = ({ layers }: Scene, width: number, height: number): Truth => {
  const flow = new Float32Array(2 * width * height);
  const occluded = new Uint8Array(width * height);
  for (let j = 0, p = 0; j < height; j++) {
    for (let i = 0; i < width; i++, p++) {
      const [x, y] = [i - (width - 1) / 2, j - (height - 1) / 2];
      const layer = frontLayer(layers, x, y, false);
      const [u, v] = apply(layers[layer]!.motion, x, y);
      flow[2 * p] = u - x;
      flow[2 * p + 1] = v - y;
      const outside = Math.abs(u) > (width - 1) / 2 || Math.abs(v) > (height - 1) / 2;
      occluded[p] = outside || frontLayer(layers, u, v, true) !== layer ? 1 : 0;
    }
  }
  return { flow, occluded };
};

/** The synthetic pairs, at any size of at least 400x300 pixels. */
export const syntheticPairs = (width: number, height: number): Pair[] =>
  SCENES.map(scene => ({
    name: scene.name,
    first: render(scene, width, height, false),
    second: render(scene, width, height, true),
    ...truth(scene, width, height),
  }));
