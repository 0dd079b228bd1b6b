// Kind vision: OpenCV's edges, flow and 8-bit LAB, by the operators that the worker threads run.
import type { Picture } from '../../../media/frame.ts';
import { canny, farneback, grayscale, lab8ToRgb, type Plane, rgbToLab8 } from '../../../stages/vision/operators.ts';
import { type Case, type KindCheck, unknownIn } from '../case.ts';
import { compare } from '../compare.ts';
import type { Numbers } from '../tensors.ts';

const picture = (c: Case, name: string): Picture => {
  const value = c.inputs[name];
  if (!(value?.data instanceof Uint8Array)) throw new Error(`${c.kind}/${c.name}: no uint8 input ${name}`);
  return { height: value.dims[0]!, width: value.dims[1]!, data: value.data };
};

const plane = ({ width, height, data }: Plane): Numbers => ({ dims: [height, width], data });
const pixels = ({ width, height, data }: Picture): Numbers => ({ dims: [height, width, 3], data });

/** Interleaved x, y as two planes. */
const planar = (flow: Float32Array, { width, height }: Plane): Numbers => {
  const data = new Float32Array(flow.length);
  for (let p = 0; p < width * height; p++) {
    data[p] = flow[2 * p]!;
    data[width * height + p] = flow[2 * p + 1]!;
  }
  return { dims: [2, height, width], data };
};

const number = (c: Case, name: string): number => Number(c.options[name]);

const operators: Readonly<Record<string, (c: Case) => Record<string, Numbers>>> = {
  canny: c => {
    const image = picture(c, 'image');
    return { gray: plane(grayscale(image)), edges: plane(canny(image, number(c, 'low'), number(c, 'high'))) };
  },
  farneback: c => {
    const previous = grayscale(picture(c, 'previous'));
    const flow = farneback(previous, grayscale(picture(c, 'next')), {
      pyrScale: number(c, 'pyr_scale'),
      levels: number(c, 'levels'),
      window: number(c, 'winsize'),
      iterations: number(c, 'iterations'),
      polyN: number(c, 'poly_n'),
      polySigma: number(c, 'poly_sigma'),
    });
    return { flow: planar(flow, previous) };
  },
  lab8: c => {
    const lab = rgbToLab8(picture(c, 'image'));
    return { lab: pixels(lab), rgb: pixels(lab8ToRgb(lab)) };
  },
};

const allowed = {
  canny: { low: 'number', high: 'number' },
  farneback: {
    pyr_scale: 'number',
    levels: 'number',
    winsize: 'number',
    iterations: 'number',
    poly_n: 'number',
    poly_sigma: 'number',
    flags: [0],
  },
  lab8: {},
} as const;

export const check: KindCheck = async c => {
  const op = String(c.options.op);
  const skipped = unknownIn(c, { op: Object.keys(operators), ...allowed[op as keyof typeof allowed] }, ['image', 'previous', 'next']);
  if (skipped) return { skipped };
  return compare(c, operators[op]!(c));
};
