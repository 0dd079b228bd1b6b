// A finished graph: the operators that its outputs need, and its bytes, which are written where a session is opened.
import { placeFiles, readBytes } from '../weights/places.ts';
import type { TensorInfo } from '../weights/weight-source.ts';
import type { Sizes } from './dims.ts';
import { largestOf } from './largest.ts';
import { type Initializer, modelProto, type Node } from './model-proto.ts';
import type { NetworkGraph, Port } from './network-graph.ts';
import { countProducts } from './products.ts';
import type { Value } from './value.ts';

/** An operator with its values. */
export type Call = Omit<Node, 'inputs' | 'outputs'> & {
  readonly inputs: readonly (Value | undefined)[];
  readonly outputs: readonly Value[];
};

/** What a graph holds when nothing is added to it any more. */
export type Drawn = {
  readonly name: string;
  readonly calls: readonly Call[];
  readonly inputs: readonly Port[];
  readonly outputs: ReadonlyMap<Value, Port>;
  readonly initializers: ReadonlyMap<string, Initializer>;
  readonly weights: readonly TensorInfo[];
  /** What was computed before and is read from files. */
  readonly places: readonly TensorInfo[];
  /** Half-precision matrices that stay so in memory, with what makes float32 of them at each use. */
  readonly resting: ReadonlyMap<Call, Initializer>;
};

/** Those of some operators, in their order, whose results are read for the outputs. */
const neededFor = (calls: readonly Call[], outputs: readonly Value[]): Call[] => {
  const read = new Set<Value | undefined>(outputs);
  const needed = calls.toReversed().filter(call => {
    if (!call.outputs.some(value => read.has(value))) return false;
    for (const value of call.inputs) read.add(value);
    return true;
  });
  return needed.reverse();
};

/** The graph's bytes; numbers of files `inside` it are carried along. */
const write = (
  { name, outputs, initializers, resting }: Drawn,
  read: readonly Call[],
  { folder, inside }: ReturnType<typeof placeFiles>,
  ports: Pick<NetworkGraph, 'inputs' | 'outputs'>,
): Uint8Array => {
  const carried = ({ data, ...rest }: Initializer): Initializer =>
    data instanceof Uint8Array || !inside.has(data.file) ? { ...rest, data } : { ...rest, data: readBytes(data) };
  const nameOf = (value: Value | undefined): string => (value ? (outputs.get(value)?.name ?? value.name) : '');
  // Those first: onnxruntime goes from the outputs back and takes the later of two inputs first, so each comes right before its product.
  const calls = [...read].sort((a, b) => Number(resting.has(b)) - Number(resting.has(a)));
  const nodes = calls.map(call => ({ ...call, inputs: call.inputs.map(nameOf), outputs: call.outputs.map(nameOf) }));
  const all = [...initializers.values()].map(carried);
  return modelProto({ name, folder, nodes, initializers: all, variable: [...resting.values()], ...ports });
};

/** The graph as sessions are opened from it. Networks are built again for a device and a size, and only the last of these is written. */
export const finished = (drawn: Drawn, facts: Pick<NetworkGraph, 'unused' | 'sized' | 'half' | 'derived'>): NetworkGraph => {
  const { name, calls, inputs, outputs, initializers, weights, places } = drawn;
  const files = placeFiles([...weights, ...places]);
  const read = neededFor(calls, [...outputs.keys()]);
  const ports = { inputs, outputs: [...outputs.values()] };
  const isConstant = (value: Value): boolean => initializers.has(value.name);
  let written: Uint8Array | undefined;
  return {
    name,
    get bytes() {
      written ??= write(drawn, read, files, ports);
      return written;
    },
    folder: files.folder,
    ...ports,
    weights,
    ...facts,
    products: (sizes?: Sizes) => countProducts(read, isConstant, sizes),
    largest: (sizes?: Sizes) => largestOf(read, isConstant, sizes),
  };
};
