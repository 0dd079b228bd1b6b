// Nodes, initializers and ports as the bytes of an ONNX ModelProto; field numbers are those of onnx.proto.
import { relative } from 'node:path';
import type { TensorInfo } from '../weights/weight-source.ts';
import type { Port } from './network-graph.ts';
import { bytes, type Field, float, int, ints, message, root, string } from './protobuf.ts';

const IR_VERSION = 10; // the first with metadata_props on nodes
const OPSET = 20; // the first with Gelu

/** Element types of graph values. */
export type DType = 'float32' | 'float16' | 'bfloat16' | 'float64' | 'int64' | 'int32' | 'int8' | 'uint8' | 'bool';

/** TensorProto.DataType. */
export const DATA_TYPE: Readonly<Record<DType, number>> = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  float64: 11,
  bfloat16: 16,
};

/** A whole number that is written as INT, a fraction as FLOAT: `{ float: 1 }` says FLOAT where the value happens to be whole. */
export type Attribute = number | string | readonly number[] | { readonly float: number };

export type Node = {
  readonly name: string;
  readonly op: string;
  /** Empty for ONNX's own operators. */
  readonly domain: string;
  /** The scope, for viewers that group by it. */
  readonly namespace: string;
  /** Names of values; empty for an optional input that is left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, Attribute>>;
};

/** Numbers in the graph itself (small constants), or a range of a weights file. */
export type Initializer = {
  readonly name: string;
  readonly dtype: DType;
  readonly dims: readonly number[];
  readonly data: Uint8Array | TensorInfo;
};

export type GraphParts = {
  readonly name: string;
  /** Where the places of weights are relative to. */
  readonly folder: string;
  readonly nodes: readonly Node[];
  readonly initializers: readonly Initializer[];
  /** Those of them that a caller may replace: what is computed from them is not computed in advance. */
  readonly variable?: readonly Initializer[];
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
};

const attribute = (name: string, value: Attribute): Field => {
  const head = string(1, name);
  if (typeof value === 'string') return message(5, [head, string(4, value), int(20, 3)]);
  if (typeof value === 'number') return message(5, [head, int(3, value), int(20, 2)]);
  if ('float' in value) return message(5, [head, float(2, value.float), int(20, 1)]);
  return message(5, [head, ints(8, value), int(20, 7)]);
};

const pair = (number: number, key: string, value: string): Field => message(number, [string(1, key), string(2, value)]);

const node = ({ name, op, domain, namespace, inputs, outputs, attributes }: Node): Field =>
  message(1, [
    ...inputs.map(input => string(1, input)),
    ...outputs.map(output => string(2, output)),
    string(3, name),
    string(4, op),
    ...Object.entries(attributes).map(([key, value]) => attribute(key, value)),
    ...(domain ? [string(7, domain)] : []),
    ...(namespace ? [pair(9, 'namespace', namespace)] : []),
  ]);

const initializer = ({ name, dtype, dims, data }: Initializer, folder: string): Field => {
  const head = [...(dims.length > 0 ? [ints(1, dims)] : []), int(2, DATA_TYPE[dtype]), string(8, name)];
  if (data instanceof Uint8Array) return message(5, [...head, bytes(9, data)]);
  const place = { location: relative(folder, data.file), offset: String(data.offset), length: String(data.length) };
  return message(5, [...head, ...Object.entries(place).map(([key, value]) => pair(13, key, value)), int(14, 1)]);
};

const port = (number: number, { name, dtype, dims }: Pick<Port, 'name' | 'dims'> & { readonly dtype: DType }): Field => {
  const sizes = dims.map(dim => message(1, [typeof dim === 'number' ? int(1, dim) : string(2, dim)]));
  return message(number, [string(1, name), message(2, [message(1, [int(1, DATA_TYPE[dtype]), message(2, sizes)])])]);
};

/** The ModelProto of a graph over ONNX's operators and onnxruntime's `com.microsoft` ones. */
export const modelProto = (graph: GraphParts): Uint8Array =>
  root([
    int(1, IR_VERSION),
    string(2, 'rerender'),
    message(7, [
      ...graph.nodes.map(node),
      string(2, graph.name),
      ...graph.initializers.map(entry => initializer(entry, graph.folder)),
      ...[...graph.inputs, ...(graph.variable ?? [])].map(input => port(11, input)),
      ...graph.outputs.map(output => port(12, output)),
    ]),
    message(8, [string(1, ''), int(2, OPSET)]),
    message(8, [string(1, 'com.microsoft'), int(2, 1)]),
  ]);
