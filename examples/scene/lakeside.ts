// The example's scene: a late-summer lakeside filmed by a gliding camera, as pure functions of time, with exact motion.
import type { Picture } from '../../media/frame.ts';
import { type Canvas, sampleUnder } from './canvas.ts';
import { HORIZON, hills, lake, mountains, sky } from './landscape.ts';
import { smoothstep } from './noise.ts';
import { balloon, boat, point } from './objects.ts';
import { meadow, tree } from './plants.ts';

/** Frames of the clip. */
export const FRAMES = 84;
/** Frames a second. */
export const RATE = 24;
/** The view that layers are painted in, pixels. */
const VIEW = { width: 640, height: 360, centre: 320, middle: 180 } as const;
const FOCAL = 560; // pixels of the reference view

/** Camera at a frame: what it moved since the middle of the clip (scene units), its pan (pixels of the view) and its focal length. */
const camera = (frame: number) => {
  const t = frame / (FRAMES - 1) - 0.5; // -0.5 .. 0.5
  const glide = t * (1.12 - 0.48 * t * t); // eases a little at both ends
  return {
    x: glide * 2.5,
    y: -0.1 * Math.sin(t * 3),
    z: glide * 0.5,
    pan: -30 * glide,
    tilt: 5 * Math.sin(t * 2.4),
    focal: FOCAL * (1.02 + 0.05 * glide),
  };
};

/** Screen position = shift + size * position on the layer, both axes. */
type Placement = { readonly size: number; readonly x: number; readonly y: number };

/** An upright picture at a depth (scene units); `drift` moves it over its own view. */
type Layer = {
  readonly canvas: Canvas;
  readonly depth: number;
  readonly drift?: (frame: number) => readonly [x: number, y: number];
};

/** The lake lies flat: its depth follows from the row. */
const WATER = 'water';

const place = ({ depth, drift }: Layer, frame: number): Placement => {
  const c = camera(frame);
  const size = ((c.focal / FOCAL) * depth) / (depth - c.z);
  const [dx, dy] = drift?.(frame) ?? [0, 0];
  return {
    size,
    x: VIEW.centre + c.pan - (c.focal * c.x) / (depth - c.z) + size * (dx - VIEW.centre),
    y: VIEW.middle + c.tilt - (c.focal * c.y) / (depth - c.z) + size * (dy - VIEW.middle),
  };
};

const EYE = 2.2; // height of the camera over the lake, scene units
const SHORE = HORIZON - VIEW.middle; // rows from the middle of the view to the far shore

/** From a screen position to the lake's own picture, at a frame. */
const ontoWater = (x: number, y: number, frame: number): readonly [number, number] => {
  const c = camera(frame);
  const rows = y - VIEW.middle - c.tilt - (c.focal / FOCAL) * SHORE;
  const away = (c.focal * (EYE + c.y)) / Math.max(0.01, rows); // depth seen from the moved camera
  const depth = away + c.z;
  const sx = VIEW.centre + (FOCAL / depth) * (((x - VIEW.centre - c.pan) * away) / c.focal + c.x);
  return [sx, HORIZON + (FOCAL * EYE) / depth];
};

/** From the lake's own picture to the screen, at a frame. */
const fromWater = (sx: number, sy: number, frame: number): readonly [number, number] => {
  const c = camera(frame);
  const depth = (FOCAL * EYE) / (sy - HORIZON);
  const away = depth - c.z;
  const x = VIEW.centre + c.pan + (c.focal * (((sx - VIEW.centre) * depth) / FOCAL - c.x)) / away;
  return [x, VIEW.middle + c.tilt + (c.focal / FOCAL) * SHORE + (c.focal * (EYE + c.y)) / away];
};

type Scene = { readonly layers: readonly (Layer | typeof WATER)[]; readonly water: Canvas };

/** The layers, nearest first. Painting takes some seconds and is done once, on first use. */
const paintScene = (): Scene => {
  const air = sky();
  const peaks = mountains();
  const far = hills(71, 3.2, HORIZON + 2, x => 34 + 26 * smoothstep(250, 620, x) + 14 * Math.sin(x * 0.012 + 1), [0.14, 0.32]);
  const near = hills(83, 5, HORIZON + 4, x => 74 * smoothstep(300, 720, x) ** 1.3 + 20 * smoothstep(260, -80, x) + 3, [0.03, 0.16]);
  return {
    layers: [
      { canvas: meadow(311, 338, 44, 15, 15), depth: 7 },
      { canvas: tree(), depth: 9 },
      { canvas: meadow(331, 318, 52, 8, 22), depth: 13 },
      { canvas: boat(), depth: 22, drift: frame => [300 + frame * 0.95, 262 + 0.8 * Math.sin(frame * 0.14)] },
      { canvas: balloon(), depth: 40, drift: frame => [372 + frame * 0.95, 96 - frame * 0.3] },
      { canvas: point(), depth: 28 },
      WATER,
      { canvas: near, depth: 300 },
      { canvas: far, depth: 600 },
      { canvas: peaks, depth: 3000 },
      { canvas: air, depth: 1e6 },
    ],
    water: lake([near, far, peaks, air]),
  };
};

let painted: Scene | undefined;
const scene = (): Scene => (painted ??= paintScene());

const encode = (linear: number): number => {
  const v = linear / (1 + 0.18 * linear * linear); // a soft shoulder for highlights
  const s = v <= 0.0031308 ? v * 12.92 : 1.055 * v ** (1 / 2.4) - 0.055;
  return s <= 0 ? 0 : s >= 1 ? 255 : Math.round(s * 255);
};

type Size = { readonly width: number; readonly height: number };
const FULL: Size = { width: VIEW.width, height: VIEW.height };

/** Walks the layers at a screen place from near to far; returns the index of the first that is at least half opaque. */
const look = (x: number, y: number, frame: number, placements: readonly Placement[], out: Float32Array): number => {
  const { layers, water } = scene();
  out.fill(0);
  let seen = -1;
  for (let k = 0; k < layers.length && out[3]! < 0.997; k++) {
    const layer = layers[k]!;
    if (layer === WATER) {
      const [sx, sy] = ontoWater(x, y, frame);
      if (sy > HORIZON + 3) sampleUnder(water, sx, sy, out);
    } else {
      const p = placements[k]!;
      sampleUnder(layer.canvas, (x - p.x) / p.size, (y - p.y) / p.size, out);
    }
    if (seen < 0 && out[3]! >= 0.5) seen = k;
  }
  return seen < 0 ? layers.length - 1 : seen;
};

const placements = (frame: number): Placement[] =>
  scene().layers.map(layer => (layer === WATER ? { size: 1, x: 0, y: 0 } : place(layer, frame)));

/** The picture at a frame (fractions allowed), 2x2 samples a pixel. Same arguments, same bytes. */
export const renderFrame = (frame: number, { width, height }: Size = FULL): Picture => {
  const at = placements(frame);
  const out = new Float32Array(4);
  const data = new Uint8Array(width * height * 3);
  const step = VIEW.width / width;
  for (let j = 0; j < height; j++) {
    for (let i = 0; i < width; i++) {
      let [r, g, b] = [0, 0, 0];
      for (let s = 0; s < 4; s++) {
        look((i + 0.25 + 0.5 * (s & 1)) * step, (j + 0.25 + 0.5 * (s >> 1)) * step, frame, at, out);
        r += out[0]!;
        g += out[1]!;
        b += out[2]!;
      }
      const pixel = (j * width + i) * 3;
      data[pixel] = encode(r / 4);
      data[pixel + 1] = encode(g / 4);
      data[pixel + 2] = encode(b / 4);
    }
  }
  return { width, height, data };
};

/** Exact motion between two frames. */
export type Truth = {
  /** Interleaved x, y in pixels of the asked size: what stands at p in the first frame stands at p + flow(p) in the second. */
  readonly flow: Float32Array;
  /** 1 where what is seen in the first frame is hidden in the second or outside of it, else 0. */
  readonly occluded: Uint8Array;
};

/** The motion of every pixel from frame `from` to frame `to`: of the nearest layer that is at least half opaque there. */
export const trueFlow = (from: number, to: number, { width, height }: Size = FULL): Truth => {
  const a = placements(from);
  const b = placements(to);
  const out = new Float32Array(4);
  const flow = new Float32Array(width * height * 2);
  const occluded = new Uint8Array(width * height);
  const step = VIEW.width / width;
  for (let j = 0; j < height; j++) {
    for (let i = 0; i < width; i++) {
      const x = (i + 0.5) * step;
      const y = (j + 0.5) * step;
      const seen = look(x, y, from, a, out);
      const [nx, ny] = scene().layers[seen] === WATER ? fromWater(...ontoWater(x, y, from), to) : moved(x, y, a[seen]!, b[seen]!);
      const pixel = j * width + i;
      flow[2 * pixel] = (nx - x) / step;
      flow[2 * pixel + 1] = (ny - y) / step;
      const outside = nx < 0 || ny < 0 || nx >= VIEW.width || ny >= height * step;
      occluded[pixel] = outside || look(nx, ny, to, b, out) < seen ? 1 : 0;
    }
  }
  return { flow, occluded };
};

const moved = (x: number, y: number, a: Placement, b: Placement): readonly [number, number] => [
  b.x + (b.size * (x - a.x)) / a.size,
  b.y + (b.size * (y - a.y)) / a.size,
];
