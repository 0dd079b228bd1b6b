// Convolutions with weights, named as in the checkpoint, in the form that suits their shape.
import { channelsLast, fromChannelsLast } from './channels-last.ts';
import { phases, phaseWeights } from './convolution/phases.ts';
import { winograd, winogradWeights } from './convolution/winograd.ts';
import { type Dim, product } from './dims.ts';
import type { Graph } from './graph.ts';
import { noteLayer } from './layer-notes.ts';
import { type Layer, ofRows } from './layers.ts';
import type { Derivation } from './network-graph.ts';
import { type ConvOptions, conv } from './ops/contract.ts';
import { resizeNearest, upsampleNearest } from './ops/shape.ts';
import { type Movement, quantisedTaps } from './quantised/products.ts';
import { wholeWeights } from './quantised/weights.ts';
import type { Value } from './value.ts';

type Convolution = Layer & { readonly kernel?: number } & ConvOptions;

/**
 * 2-D convolution `name.weight` [out, c, k, k], `name.bias` [out]; a 3x3 kernel by default. One that is 3x3 and keeps the size has the form
 * that suits its shape (`convolution/form.ts`): the same numbers, but for rounding.
 */
export const conv2d = (g: Graph, x: Value, name: string, layer: Convolution): Value =>
  noteLayer(convolution(g, x, name, layer), [x], (other, [rows]) => conv2d(other, rows!, name, layer), {
    reach: ((layer.kernel ?? 3) - 1) / 2,
    scale: layer.stride === 2 ? 0.5 : 1,
  });

const convolution = (g: Graph, x: Value, name: string, { out, bias = true, kernel = 3, reason, ...rest }: Convolution): Value =>
  g.scope(name, () => {
    const channels = x.size(1);
    const quantised = rest.pads === undefined && g.quantises({ kind: kernel === 1 ? 'linear' : 'convolution', channels, out });
    if (kernel === 1 && (x.last || quantised) && rest.stride !== 2) return eachPixel(g, channelsLast(x), { out, bias, reason }, quantised);
    if (kernel === 3 && quantised) return inWholeNumbers(g, x, { out, bias, reason }, rest);
    const keepsSize = kernel === 3 && rest.pads === undefined && rest.stride !== 2;
    const form = keepsSize ? g.formOf(x, out, false) : 'direct';
    const dims = [out, channels, kernel, kernel];
    if (typeof form === 'number') {
      const weights = g.derived('weight', dims, reason, winogradWeights(form, false, out, channels));
      return shifted(winograd(x, weights, out, form, false), bias ? g.param('bias', [out]) : undefined);
    }
    const weight = g.param('weight', dims, reason);
    return conv(x, weight, bias ? g.param('bias', [out]) : undefined, rest); // [n, out, h, w]
  });

/** A 1x1 convolution is a linear layer of every pixel: x [n, h, w, c]. */
const eachPixel = (g: Graph, x: Value, { out, bias, reason }: Layer, quantised: boolean): Value => {
  const channels = x.size(3);
  const rows = x.reshape(product(x.dims.slice(0, 3)), channels); // [n h w, c]
  const results = ofRows(g, rows, [out, channels, 1, 1], { out, bias, reason }, quantised);
  return fromChannelsLast(results.reshape(...x.dims.slice(0, 3), out));
};

/** A 3x3 convolution in whole numbers of 8 bits, of the present scope. */
const inWholeNumbers = (g: Graph, x: Value, { out, bias, reason }: Layer, how: Movement): Value => {
  const channels = x.size(1);
  const weight = wholeWeights(g, [out, channels, 3, 3], [out, channels, 9], reason);
  return fromChannelsLast(quantisedTaps(channelsLast(x), weight, bias ? g.param('bias', [out]) : undefined, how));
};

/** The same behind a doubling of both sides, every pixel four times: 3x3, [n, c, h, w] -> [n, out, 2h, 2w]. */
export const doubledConv2d = (g: Graph, x: Value, name: string, layer: Omit<Layer, 'reason'>): Value =>
  noteLayer(doubledConvolution(g, x, name, layer), [x], (other, [rows]) => doubledConv2d(other, rows!, name, layer), {
    reach: 1,
    scale: 2,
  });

const doubledConvolution = (g: Graph, x: Value, name: string, { out, bias = true }: Omit<Layer, 'reason'>): Value => {
  const quantised = g.scope(name, () => g.quantises({ kind: 'convolution', channels: x.size(1), out }));
  if (quantised) return resizedConv2d(g, x, [product([2, x.dim(2)]), product([2, x.dim(3)])], name, { out, bias });
  const form = g.formOf(x, out, true);
  if (form === 'direct') return conv2d(g, upsampleNearest(x), name, { out, bias });
  return g.scope(name, () => {
    const channels = x.size(1);
    const derived = (derivation: Derivation): Value => g.derived('weight', [out, channels, 3, 3], undefined, derivation);
    const shift = bias ? g.param('bias', [out]) : undefined;
    if (form === 'phases') return phases(x, phaseWeights(out, channels).map(derived), out, shift);
    return shifted(winograd(x, derived(winogradWeights(form, true, out, channels)), out, form, true), shift);
  });
};

/** The same behind a change to any size by nearest pixels: [n, c, h, w] -> [n, out, height, width]. */
export const resizedConv2d = (
  g: Graph,
  x: Value,
  resized: readonly [height: Dim, width: Dim],
  name: string,
  { out, bias = true }: Omit<Layer, 'reason'>,
): Value =>
  g.scope(name, () => g.quantises({ kind: 'convolution', channels: x.size(1), out }))
    ? g.scope(name, () => inWholeNumbers(g, x, { out, bias }, { resized }))
    : conv2d(g, resizeNearest(x, ...resized), name, { out, bias });

/** x [n, c, h, w] plus a bias [c], where there is one. */
const shifted = (x: Value, bias: Value | undefined): Value => (bias ? x.add(bias.reshape(x.size(1), 1, 1)) : x);
