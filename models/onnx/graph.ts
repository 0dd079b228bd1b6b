// The graph builder: scopes that spell checkpoint names, weights by name, eager dims, and the finished NetworkGraph.
import { RerenderError } from '../../config/errors.ts';
import { toHalf } from '../math/half.ts';
import type { LowRank, TensorInfo, Weight, WeightSource } from '../weights/weight-source.ts';
import { channelsFirst } from './channels-last.ts';
import { type CheckedWeights, checkedWeights, FLOATS } from './checked-weights.ts';
import { type ConvolutionRule, direct, type Form } from './convolution/form.ts';
import { type Dim, product, type Sizes, showDims, sizeOf } from './dims.ts';
import { type Call, finished } from './finished.ts';
import { halved, single } from './half/numbers.ts';
import { isHalf } from './half/rule.ts';
import type { Attribute, DType, Initializer } from './model-proto.ts';
import type { BuildOptions, Derivation, Derived, NetworkGraph, Port } from './network-graph.ts';
import { toFloat } from './ops/arithmetic.ts';
import type { QuantisableLayer, QuantiseRule } from './quantised/rule.ts';
import { mayRest, numbersIn } from './resting.ts';
import { Value } from './value.ts';
import { noteOrigin } from './zeros.ts';

/** The pieces of a network do not fit together: a config that contradicts itself, or operands of wrong dims. */
export class GraphError extends RerenderError {
  constructor(message: string, options?: ErrorOptions) {
    super('GRAPH', 'failure', message, options);
  }
}

/** What an operator yields: dims, and a type where it is not float32. */
export type Result = { readonly dims: readonly Dim[]; readonly dtype?: DType };

const DERIVED = { F32: 'float32', I8: 'int8' } as const;
const CONSTANT_ENDINGS = { float32: '', float16: 'h', int64: 'i' } as const;
const STRIP_BYTES = 64e6;
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
  readonly #half: boolean;
  readonly #weights: CheckedWeights;
  readonly #sizes: Sizes;
  readonly #restFrom: number;
  /** Half-precision matrices and what makes float32 of them. */
  readonly #halves = new Map<Call, Initializer>();
  readonly #calls: Call[] = [];
  readonly #initializers = new Map<string, Initializer>();
  readonly #inputs: Port[] = [];
  readonly #outputs = new Map<Value, Port>();
  readonly #results = new Map<string, Value>();
  readonly #changes: TensorInfo[] = [];
  readonly #derived: Derived[] = [];
  readonly #places: ReadonlyMap<string, TensorInfo>;
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
      half = false,
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
    this.#half = half;
    this.#weights = checkedWeights(weights);
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
    const value = channelsFirst(result.dtype === 'float16' ? single(result) : result);
    if (value.dtype !== 'float32' && value.dtype !== 'int64') throw this.error(`output ${name} is ${value.dtype}`);
    const free = this.#calls.some(call => call.outputs.includes(value)) && !this.#outputs.has(value);
    const named = free ? value : this.node('Identity', [value], {}, value);
    this.#outputs.set(named, { name, dtype: value.dtype, dims: value.dims });
  }

  /**
   * A weight of the checkpoint as float32, or in half precision where the rule says so, found by its scope. `reason` says which config key
   * its dims come from; `as` are other dims of as many numbers under which the graph reads the same bytes.
   */
  param(name: string, dims: readonly number[], reason?: string, as = dims): Value {
    const path = this.path(name);
    return this.memo(`param ${path}`, () => {
      const info = this.#weights.find(path, dims, reason);
      if (!info) return new Value(this, path, 'float32', as);
      const half = this.#half && isHalf(path, dims);
      if (half && info.dtype === 'F16' && !info.changes?.length)
        return this.#initialize({ name: path, dtype: 'float16', dims: as, data: info });
      const weight = this.scope(name, () => (info.changes?.length ? this.#changed(path, info, dims, as) : this.#stored(path, info, as)));
      return half ? this.scope(name, () => halved(weight)) : weight; // rounded once, when a session is opened
    });
  }

  /**
   * The rows of a weight [rows, ...] in equal parts, which the graph reads as ranges of the same bytes; of a weight with changes, or in
   * half precision, they are cut when a session is opened.
   */
  paramParts(name: string, dims: readonly number[], parts: number, reason?: string): Value[] {
    const [rows, ...rest] = dims as [number, ...number[]];
    const info = this.#weights.find(this.path(name), dims, reason);
    if (this.#half || info?.changes?.length || !info) return this.param(name, dims, reason).split(parts, 0);
    const length = info.length / parts;
    return Array.from({ length: parts }, (_, k) => {
      const part = { ...info, offset: info.offset + k * length, length };
      const label = `${this.path(name)}, ${k + 1} of ${parts}`;
      return this.memo(`param ${label}`, () => this.scope(name, () => this.#stored(label, part, [rows / parts, ...rest])));
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
      const weight = this.#weights.find(this.path(name), dims, reason);
      if (weight) this.#derived.push({ name: path, how, weight, dims: result, dtype, graph: () => derivedGraph(path, weight, derivation) });
      const place = this.#places.get(path);
      if (weight && place) return this.#initialize({ name: path, dtype: DERIVED[dtype], dims: result, data: place });
      return compute(this.param(name, dims, reason, as));
    });
  }

  /** Whether the checkpoint has a name, seen from the present scope. */
  holds(name: string): boolean {
    return this.#weights.holds(this.path(name));
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
  constant(values: number | readonly number[], dtype: 'float32' | 'float16' | 'int64' = 'float32', dims?: readonly number[]): Value {
    const list = typeof values === 'number' ? [values] : values;
    const shape = dims ?? (typeof values === 'number' ? [] : [list.length]);
    const key = `constant ${dtype} ${showDims(shape)} ${list.join(' ')}`;
    return this.memo(key, () => {
      const name = this.#unique(constantName(list, shape) + CONSTANT_ENDINGS[dtype]);
      const singles = Float32Array.from(list);
      const data = dtype === 'int64' ? BigInt64Array.from(list, BigInt) : dtype === 'float16' ? toHalf(singles) : singles;
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
    if (this.#half) return 'direct'; // other forms round more than half precision bears
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
    for (const y of outputs) noteOrigin(y, { op, inputs: read });
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

  /** The finished graph. @throws WeightError that lists the weights that are missing or have another shape or type */
  finish(): NetworkGraph {
    this.#weights.check();
    const weights = [...this.#weights.used(), ...this.#changes];
    // What becomes whole numbers when a session opens has to be constant: nothing rests beside it.
    const constant = this.#quantise === undefined || this.#derived.every(({ name }) => this.#places.has(name));
    const rests = constant && numbersIn(weights) >= this.#restFrom;
    const drawn = {
      name: this.name,
      calls: this.#calls,
      inputs: this.#inputs,
      outputs: this.#outputs,
      initializers: this.#initializers,
      weights,
      places: [...this.#places.values()],
      resting: rests ? this.#halves : new Map<Call, Initializer>(),
    };
    return finished(drawn, { unused: this.#weights.unused(), sized: this.#sized, half: this.#half, derived: this.#derived });
  }

  #initialize(initializer: Initializer): Value {
    this.#initializers.set(initializer.name, initializer);
    return noteOrigin(new Value(this, initializer.name, initializer.dtype, initializer.dims), initializer);
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
