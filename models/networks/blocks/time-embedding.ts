// What the network knows of time: sinusoids of the timestep through a small perceptron.
import type { Graph } from '../../onnx/graph.ts';
import { linear } from '../../onnx/layers.ts';
import { cos, floor, silu, sin } from '../../onnx/ops/arithmetic.ts';
import { concat } from '../../onnx/ops/shape.ts';
import type { Value } from '../../onnx/value.ts';

export type SinusoidOptions = {
  /** Cosines before sines. */
  readonly flipSinToCos: boolean;
  /** Taken from the number of frequencies in the exponent's divisor. */
  readonly freqShift: number;
};

const LONGEST_PERIOD = 10_000;

/** sin(t f_k) and cos(t f_k), f_k = 10000^(-k / (width/2 - shift)): times [n] -> [n, width]. Vaswani et al. 2017, 3.5. */
export const sinusoids = (g: Graph, times: Value, width: number, { flipSinToCos, freqShift }: SinusoidOptions): Value => {
  if (width % 2 !== 0) throw g.error(`sinusoids of an odd width ${width}`);
  // Each step is rounded to float32 as torch does it: at t = 1000 the last bit of a frequency moves the angle by 6e-5.
  const step = Math.fround(-Math.log(LONGEST_PERIOD));
  const exponent = (k: number): number => Math.fround(Math.fround(step * k) / Math.fround(width / 2 - freqShift));
  const frequencies = Array.from({ length: width / 2 }, (_, k) => Math.fround(Math.exp(exponent(k))));
  const angles = withinTurn(times.reshape(-1, 1).mul(g.constant(frequencies, 'float32', [1, width / 2]))); // [n, width/2]
  return concat(flipSinToCos ? [cos(angles), sin(angles)] : [sin(angles), cos(angles)], 1);
};

// 2 pi in two parts: the first has so few bits that its multiples are exact.
const TURN = [6.28125, 2 * Math.PI - 6.28125] as const;

/** The same angles less whole turns: GPUs know sine and cosine well only near zero. */
const withinTurn = (angles: Value): Value => {
  const turns = floor(angles.div(2 * Math.PI).add(0.5));
  return angles.sub(turns.mul(TURN[0])).sub(turns.mul(TURN[1])); // in -pi..pi
};

/** linear_2(silu(linear_1(x))): [n, width] -> [n, out]. `condition` [n, any] enters through `cond_proj` (distilled guidance). */
export const timeEmbedding = (g: Graph, x: Value, out: number, name: string, condition?: Value): Value =>
  g.scope(name, () => {
    const input = condition ? x.add(linear(g, condition, 'cond_proj', { out: x.size(1), bias: false })) : x;
    return linear(g, silu(linear(g, input, 'linear_1', { out })), 'linear_2', { out });
  });
