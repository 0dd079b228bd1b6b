// The graph builder: scopes that spell checkpoint names, weights by name, eager dims, and the finished NetworkGraph.
import { RerenderError } from '../../config/errors.ts';
import { placeFiles, readBytes } from '../weights/places.ts';
import { type LowRank, type TensorInfo, type Weight, WeightError, type WeightSource, type WeightType } from '../weights/weight-source.ts';
import { channelsFirst } from './channels-last.ts';
import { type ConvolutionRule, direct, type Form } from './convolution/form.ts';
import { type Dim, product, type Sizes, sameDims, showDims, sizeOf } from './dims.ts';
import { type Attribute, type DType, type Initializer, modelProto, type Node } from './model-proto.ts';
import type { BuildOptions, Derivation, Derived, NetworkGraph, Port } from './network-graph.ts';
import { toFloat } from './ops/arithmetic.ts';
import { countProducts } from './products.ts';
import type { QuantisableLayer, QuantiseRule } from './quantised/rule.ts';
import { mayRest, numbersIn } from './resting.ts';
import { Value } from './value.ts';

/** The pieces of a network do not fit together: a config that contradicts itself, or operands of wrong dims. */
export class GraphError extends RerenderError {
  constructor(message: string, options?: ErrorOptions) {
    super('GRAPH', 'failure', message, options);
  }
}

/** What an operator yields: dims, and a type where it is not float32. */
export type Result = { readonly dims: readonly Dim[]; readonly dtype?: DType };

type Call = Omit<Node, 'inputs' | 'outputs'> & { readonly inputs: readonly (Value | undefined)[]; readonly outputs: readonly Value[] };

const FLOATS: Partial<Record<WeightType, DType>> = { F32: 'float32', F16: 'float16', BF16: 'bfloat16', F64: 'float64' };
const DERIVED = { F32: 'float32', I8: 'int8' } as const;
const STRIP_BYTES = 64e6;
const LISTED_PROBLEMS = 4;
const MOST_PROBLEMS = 5000; // weights that do not fit; a config that asks for more has nothing to do with the file

const noWeights: WeightSource = { label: 'no weights', find: () => undefined, names: () => [] };

/** `2`, `[0, -1]`, `32 x 1` for equal numbers, `table` for many. */
const constantName = (list: readonly number[], dims: readonly number[]): string => {
  if (dims.length === 0) return String(list[0]);
  if (list.length > 2 && list.every(value => value === list[0])) return `${list.length} x ${list[0]}`;
  return list.length <= 8 ? `[${list.join(', ')}]` : 'table';
};

export class Graph {
  readonly name: string;
  /** How attention is to be written. */
  readonly attention: 'fused' | 'plain';
  /** Bytes of what is worked on at once. */
  readonly stripBytes: number;
  readonly #convolution: ConvolutionRule;
  readonly #quantise: QuantiseRule | undefined;
  readonly #weights: WeightSource;
  readonly #sizes: Sizes;
  readonly #restFrom: number;
  /** Half-precision matrices and what makes float32 of them. */
  readonly #halves = new Map<Call, Initializer>();
  readonly #calls: Call[] = [];
  readonly #initializers = new Map<string, Initializer>();
  readonly #inputs: Port[] = [];
  readonly #outputs = new Map<Value, Port>();
  readonly #results = new Map<string, Value>();
  readonly #used = new Map<string, TensorInfo>();
  readonly #changes: TensorInfo[] = [];
  readonly #derived: Derived[] = [];
  readonly #places: ReadonlyMap<string, TensorInfo>;
  readonly #problems = new Map<string, string>();
  readonly #counts = new Map<string, number>();
  readonly #sources = new Map<Dim, { value: Value; axis: number }>();
  readonly #memo = new Map<string, Value>();
  #path: readonly string[] = [];
  #sized = false;

  constructor(
    name: string,
    weights: WeightSource = noWeights,
    {
      sizes = {},
      attention = 'fused',
      convolution = direct,
      stripBytes = STRIP_BYTES,
      quantise,
      restFrom = Number.POSITIVE_INFINITY,
      derived = new Map(),
    }: BuildOptions = {},
  ) {
    this.name = name;
    this.#restFrom = restFrom;
    this.#places = derived;
    this.attention = attention;
    this.stripBytes = stripBytes;
    this.#convolution = convolution;
    this.#quantise = quantise;
    this.#weights = weights;
    this.#sizes = sizes;
  }

  /** Builds something under a name of the checkpoint: `scope('up_blocks.1', () => ...)`. */
  scope<T>(name: string, build: () => T): T {
    const outer = this.#path;
    this.#path = [...outer, name];
    try {
      return build();
    } finally {
      this.#path = outer;
    }
  }

  /** The checkpoint name of `name` in the present scope. */
  path(name = ''): string {
    return [...this.#path, ...(name ? [name] : [])].join('.');
  }

  /** An error that says where in the network it happened. */
  error(reason: string): GraphError {
    return new GraphError(`${this.path() || this.name}: ${reason}`);
  }

  input(name: string, wanted: readonly Dim[], dtype: Port['dtype'] = 'float32'): Value {
    const dims = wanted.map(dim => sizeOf(dim, this.#sizes) ?? dim);
    this.#inputs.push({ name, dtype, dims });
    return this.#remember(new Value(this, name, dtype, dims));
  }

  output(name: string, result: Value): void {
    this.#results.set(name, result);
    const value = channelsFirst(result);
    if (value.dtype !== 'float32' && value.dtype !== 'int64') throw this.error(`output ${name} is ${value.dtype}`);
    const free = this.#calls.some(call => call.outputs.includes(value)) && !this.#outputs.has(value);
    const named = free ? value : this.node('Identity', [value], {}, value);
    this.#outputs.set(named, { name, dtype: value.dtype, dims: value.dims });
  }

  /**
   * A weight of the checkpoint as float32, found by its scope. `reason` says which config key its dims come from; `as` are other dims of as
   * many numbers under which the graph reads the same bytes.
   */
  param(name: string, dims: readonly number[], reason?: string, as = dims): Value {
    const path = this.path(name);
    return this.memo(`param ${path}`, () => {
      const info = this.#find(path, dims, reason);
      if (!info) return new Value(this, path, 'float32', as);
      return this.scope(name, () => (info.changes?.length ? this.#changed(path, info, dims, as) : this.#stored(path, info, as)));
    });
  }

  /**
   * What follows from a weight alone: read from where it was computed before (`BuildOptions.derived`), else computed when a session is
   * opened.
   */
  derived(name: string, dims: readonly number[], reason: string | undefined, derivation: Derivation): Value {
    const { how, as, dims: result, dtype = 'F32', compute } = derivation;
    const path = `${this.path(name)}.${how}`;
    return this.memo(`derived ${path}`, () => {
      const weight = this.#find(this.path(name), dims, reason);
      if (weight) this.#derived.push({ name: path, how, weight, dims: result, dtype, graph: () => derivedGraph(path, weight, derivation) });
      const place = this.#places.get(path);
      if (weight && place) return this.#initialize({ name: path, dtype: DERIVED[dtype], dims: result, data: place });
      return compute(this.param(name, dims, reason, as));
    });
  }

  /** A weight that fits; what does not is among the problems that `finish` tells. */
  #find(path: string, dims: readonly number[], reason?: string): Weight | undefined {
    const info = this.#weights.find(path, dims);
    if (info) this.#used.set(info.name, info);
    const dtype = info && FLOATS[info.dtype];
    if (!info) this.#problems.set(path, 'is missing');
    else if (!dtype) this.#problems.set(path, `is ${info.dtype}, expects a float type`);
    else if (!sameDims(dims, info.dims)) {
      this.#problems.set(path, `expects ${showDims(dims)}${reason ? ` (${reason})` : ''}, checkpoint has ${showDims(info.dims)}`);
    } else return info;
    if (this.#problems.size >= MOST_PROBLEMS) throw this.#weightError();
    return undefined;
  }

  /** Whether the checkpoint has a name, seen from the present scope. */
  holds(name: string): boolean {
    for (const each of this.#weights.names()) if (each === this.path(name)) return true;
    return false;
  }

  /** Numbers of a file as float32. */
  #stored(name: string, info: TensorInfo, dims: readonly number[]): Value {
    const dtype = FLOATS[info.dtype];
    if (!dtype) throw this.error(`${info.name} is ${info.dtype}, expects a float type`);
    const initializer = { name, dtype, dims, data: info };
    const stored = this.#initialize(initializer);
    if (dtype === 'float32') return stored;
    const single = this.node('Cast', [stored], { to: 1 }, { dims });
    if (mayRest(info)) this.#halves.set(this.#calls.at(-1)!, initializer);
    return single;
  }

  /** W + sum of factor up down, as one product with its sum for each change: what is constant is computed when a session is opened. */
  #changed(path: string, info: Weight, dims: readonly number[], as: readonly number[]): Value {
    const [out, ...rest] = dims as [number, ...number[]];
    const columns = product(rest) as number;
    const add = (sum: Value, { up, down, factor }: LowRank, i: number): Value => {
      const rank = down.dims[0] as number;
      this.#changes.push(up, down);
      const operands = [this.#stored(`${path}.up.${i}`, up, [out, rank]), this.#stored(`${path}.down.${i}`, down, [rank, columns]), sum];
      return this.node('Gemm', operands, { alpha: { float: factor } }, { dims: [out, columns] });
    };
    return (info.changes ?? []).reduce(add, this.#stored(path, info, [out, columns])).reshape(...as);
  }

  /** Numbers written into the graph; equal ones are written once. */
  constant(values: number | readonly number[], dtype: 'float32' | 'int64' = 'float32', dims?: readonly number[]): Value {
    const list = typeof values === 'number' ? [values] : values;
    const shape = dims ?? (typeof values === 'number' ? [] : [list.length]);
    const key = `constant ${dtype} ${showDims(shape)} ${list.join(' ')}`;
    return this.memo(key, () => {
      const name = this.#unique(constantName(list, shape) + (dtype === 'int64' ? 'i' : ''));
      const data = dtype === 'int64' ? BigInt64Array.from(list, BigInt) : Float32Array.from(list);
      return this.#initialize({ name, dtype, dims: shape, data: new Uint8Array(data.buffer) });
    });
  }

  /** A larger table of numbers; `memo` saves writing it twice. */
  table(name: string, data: Float32Array | Int32Array, dims: readonly number[]): Value {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    return this.#initialize({ name: this.#unique(name), dtype: data instanceof Int32Array ? 'int32' : 'float32', dims, data: bytes });
  }

  /** The form of a 3x3 convolution of stride 1 that keeps the size: direct where the size of its pictures is free. */
  formOf(x: Value, out: number, doubled: boolean): Form {
    const [pictures, channels, height, width] = x.dims;
    if (typeof pictures !== 'number' || typeof channels !== 'number' || typeof height !== 'number' || typeof width !== 'number') {
      return 'direct';
    }
    const form = this.#convolution({ pictures, channels, out, height, width, doubled });
    this.#sized ||= form !== 'direct';
    return form;
  }

  /** Whether the layer of the present scope computes in whole numbers of 8 bits. */
  quantises(layer: Omit<QuantisableLayer, 'path'>): boolean {
    return this.#quantise?.({ path: this.path(), ...layer }) ?? false;
  }

  /** Computes a value once for each key: constants, sizes, tables that several blocks share. */
  memo(key: string, build: () => Value): Value {
    const value = this.#memo.get(key) ?? build();
    this.#memo.set(key, value);
    return value;
  }

  /** Adds an operator with one result; `domain` is empty for ONNX's own. */
  node(op: string, inputs: readonly (Value | undefined)[], attributes: Record<string, Attribute>, result: Result, domain = ''): Value {
    return this.nodes(op, inputs, attributes, [result], domain)[0] as Value;
  }

  /** Adds an operator with several results. */
  nodes(
    op: string,
    inputs: readonly (Value | undefined)[],
    attributes: Record<string, Attribute>,
    results: readonly Result[],
    domain = '',
  ): Value[] {
    const read = inputs.map(value => value && channelsFirst(value));
    const label = this.#unique(this.path(op));
    const outputs = results.map(({ dims, dtype = 'float32' }, i) =>
      this.#remember(new Value(this, results.length > 1 ? `${label}:${i}` : label, dtype, dims)),
    );
    const name = label.replaceAll('.', '/');
    this.#calls.push({ name, op, domain, namespace: this.path(), inputs: read, outputs: [...outputs], attributes });
    return outputs;
  }

  /** A free size as an int64 value of dims [1], read off the first value that has it. */
  sizeOf(name: string): Value {
    const source = this.#sources.get(name);
    if (!source) throw this.error(`nothing here has a dim ${name}`);
    const { value, axis } = source;
    return this.node('Shape', [value], { start: axis, end: axis + 1 }, { dims: [1], dtype: 'int64' });
  }

  get inputs(): readonly Port[] {
    return this.#inputs;
  }

  /** What the outputs stand for, by their names. */
  get results(): ReadonlyMap<string, Value> {
    return this.#results;
  }

  /** Every operator so far, in order, with its values: what `printGraph` shows. */
  get calls(): readonly Call[] {
    return this.#calls;
  }

  /**
   * The finished graph. Throws a WeightError that lists the weights that are missing or have another shape or type.
   */
  finish(): NetworkGraph {
    if (this.#problems.size > 0) throw this.#weightError();
    const weights = [...this.#used.values(), ...this.#changes];
    const { folder, inside } = placeFiles([...weights, ...this.#places.values()]);
    const read = neededFor(this.#calls, [...this.#outputs.keys()]);
    const ports = { inputs: this.#inputs, outputs: [...this.#outputs.values()] };
    let written: Uint8Array | undefined;
    const write = (): Uint8Array => (written ??= this.#write(read, folder, inside, weights, ports));
    const unused = [...this.#weights.names()].filter(name => !this.#used.has(name));
    const products = (sizes?: Sizes) => countProducts(read, ({ name }) => this.#initializers.has(name), sizes);
    const { name } = this;
    const [sized, derived] = [this.#sized, this.#derived];
    // Written where a session is opened: a network is built again for a device and a size, and only the last of these is read.
    return {
      name,
      get bytes() {
        return write();
      },
      folder,
      ...ports,
      weights,
      unused,
      sized,
      derived,
      products,
    };
  }

  /** The graph's bytes; numbers of files `inside` it are carried along. */
  #write(
    read: readonly Call[],
    folder: string,
    inside: ReadonlySet<string>,
    weights: readonly TensorInfo[],
    ports: Pick<NetworkGraph, 'inputs' | 'outputs'>,
  ): Uint8Array {
    const carried = ({ data, ...rest }: Initializer): Initializer =>
      data instanceof Uint8Array || !inside.has(data.file) ? { ...rest, data } : { ...rest, data: readBytes(data) };
    const nameOf = (value: Value | undefined): string => (value ? (this.#outputs.get(value)?.name ?? value.name) : '');
    // What becomes whole numbers when a session opens has to be constant: nothing rests beside it.
    const constant = this.#quantise === undefined || this.#derived.every(({ name }) => this.#places.has(name));
    const rests = constant && numbersIn(weights) >= this.#restFrom;
    const resting = rests ? this.#halves : new Map<Call, Initializer>();
    // Those first: onnxruntime goes from the outputs back and takes the later of two inputs first, so each comes right before its product.
    const calls = [...read].sort((a, b) => Number(resting.has(b)) - Number(resting.has(a)));
    const nodes = calls.map(call => ({ ...call, inputs: call.inputs.map(nameOf), outputs: call.outputs.map(nameOf) }));
    const initializers = [...this.#initializers.values()].map(carried);
    return modelProto({ name: this.name, folder, nodes, initializers, variable: [...resting.values()], ...ports });
  }

  #weightError(): WeightError {
    const all = [...this.#problems].map(([name, problem]) => `${name}: ${problem}`);
    const more = all.length > LISTED_PROBLEMS ? `; and ${all.length - LISTED_PROBLEMS} more` : '';
    const least = all.length < MOST_PROBLEMS ? '' : 'at least ';
    const count = all.length === 1 ? 'a weight does' : `${least}${all.length} weights do`;
    return new WeightError(`${this.#weights.label}: ${count} not fit the config: ${all.slice(0, LISTED_PROBLEMS).join('; ')}${more}`);
  }

  #initialize(initializer: Initializer): Value {
    this.#initializers.set(initializer.name, initializer);
    return new Value(this, initializer.name, initializer.dtype, initializer.dims);
  }

  #unique(name: string): string {
    const count = (this.#counts.get(name) ?? 0) + 1;
    this.#counts.set(name, count);
    return count === 1 ? name : `${name}_${count}`;
  }

  #remember(value: Value): Value {
    value.dims.forEach((dim, axis) => {
      if (typeof dim === 'string' && !this.#sources.has(dim)) this.#sources.set(dim, { value, axis });
    });
    return value;
  }
}

/** The graph that computes what follows from a weight, its output `y`. */
const derivedGraph = (name: string, weight: Weight, { as, compute }: Derivation): NetworkGraph => {
  const g = new Graph(name, { label: weight.file, find: () => weight, names: () => [] });
  const result = compute(g.param('weight', weight.dims, undefined, as));
  g.output('y', result.dtype === 'float32' ? result : toFloat(result));
  return g.finish();
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
