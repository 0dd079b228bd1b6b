// Numbers for a network's inputs, where only its speed is looked at.
import { gaussian } from '../models/math/random.ts';
import { type Sizes, sizeOf } from '../models/onnx/dims.ts';
import type { NetworkGraph, Port } from '../models/onnx/network-graph.ts';
import type { Feeds } from '../models/runtime/calls.ts';
import { elements, type IntTensor, type Tensor, tensor } from '../models/tensor.ts';

/** Nothing of other frames, no ControlNets; FreeU's factors are 1. */
const feedOf = ({ name, dtype, dims }: Port, sizes: Sizes): Tensor | IntTensor => {
  const size = (dim: Port['dims'][number]): number => sizeOf(dim, sizes) ?? (String(dim).startsWith('bank.') ? 0 : 1);
  const shape = dims.map(size);
  if (dtype === 'int64') return { dims: shape, data: new BigInt64Array(elements(shape)).fill(2n ** 31n) };
  if (dims.length === 0 || name === 'timestep') return tensor(shape, new Float32Array(elements(shape)).fill(name === 'timestep' ? 500 : 1));
  return name.startsWith('control.') ? tensor(shape) : gaussian({ seed: 1, purpose: name }, shape);
};

/** What a graph is fed at these sizes. */
export const feedsOf = ({ inputs }: NetworkGraph, sizes: Sizes): Feeds =>
  Object.fromEntries(inputs.map(port => [port.name, feedOf(port, sizes)]));
