// What a finished graph is: bytes for the runtime, the names and dims of its ports, and which weights it points at.
import type { TensorInfo, Weight } from '../weights/weight-source.ts';
import type { ConvolutionRule } from './convolution/form.ts';
import type { Dim, Sizes } from './dims.ts';
import type { CutNetwork } from './pieces/cut.ts';
import type { QuantiseRule } from './quantised/rule.ts';
import type { Value } from './value.ts';

/** One input or output of a graph. A text dim is free: `batch`, `height`, `8*height`, `height/2` (rounded up). */
export type Port = {
  readonly name: string;
  readonly dtype: 'float32' | 'int64';
  readonly dims: readonly Dim[];
};

/** How something follows from a weight alone. */
export type Derivation = {
  /** Names it, with all that it depends on beside the weight: `winograd 4`. */
  readonly how: string;
  /** Dims under which it reads the weight's numbers. */
  readonly as: readonly number[];
  /** Dims of what follows. */
  readonly dims: readonly number[];
  /** How what follows is stored; default F32. */
  readonly dtype?: 'F32' | 'I8';
  readonly compute: (weight: Value) => Value;
};

/** What follows from a weight, as a graph asks for it. */
export type Derived = Required<Pick<Derivation, 'how' | 'dims' | 'dtype'>> & {
  /** Its name in the graph. */
  readonly name: string;
  readonly weight: Weight;
  /** The graph that computes it: no inputs, output `y`, float32 whatever it is stored as. */
  readonly graph: () => NetworkGraph;
};

/** What a graph is built for, beside what it computes. */
export type BuildOptions = {
  /** Settles free dims of the inputs: `{ batch: 2, height: 64, width: 64 }`. A graph for one size runs a little faster. */
  readonly sizes?: Sizes;
  /**
   * How attention is written.
   * - `'fused'` (default): onnxruntime's own operator, which never holds all scores at once; for CPU and CUDA
   * - `'plain'`: products and a softmax; right on every provider. The fused one gives wrong numbers on WebGPU (1.30)
   */
  readonly attention?: 'fused' | 'plain';
  /** How 3x3 convolutions of pictures whose size is settled are written, by their shape; default `direct`, for all of them. */
  readonly convolution?: ConvolutionRule;
  /** Bytes of a map, and of a strip's tiles, above which norms and Winograd's forms work strip by strip; default 64 MB. */
  readonly stripBytes?: number;
  /** Which layers compute in whole numbers of 8 bits, by the CPU's own operators; default none. */
  readonly quantise?: QuantiseRule;
  /**
   * Numbers of weights from which on a network's half-precision matrices rest as the file has them and become float32 for each product;
   * default Infinity: onnxruntime makes a float32 copy of every weight when the session opens. Results differ in the last bits.
   */
  readonly restFrom?: number;
  /** Where what follows from weights lies, by its name (`NetworkGraph.derived`); the rest is computed when a session is opened. */
  readonly derived?: ReadonlyMap<string, TensorInfo>;
};

/** A network ready for onnxruntime. Weights stay in the checkpoint: initializers name byte ranges of files in `folder`. */
export type NetworkGraph = {
  /** What the network is, for messages: `unet2d`. */
  readonly name: string;
  /** An ONNX ModelProto, written when it is first read. @throws WeightError where numbers that it carries can no longer be read */
  readonly bytes: Uint8Array;
  /** Absolute real path of the folder that external data locations are relative to. */
  readonly folder: string;
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  /** The tensors that the graph reads, in the order of their first use. */
  readonly weights: readonly TensorInfo[];
  /** Names of the checkpoint that the graph has no use for. */
  readonly unused: readonly string[];
  /** Whether convolutions take a form that suits these sizes alone; otherwise the network with free dims computes the same. */
  readonly sized?: boolean;
  /** What the graph needs that follows from weights alone. */
  readonly derived?: readonly Derived[];
  /** Multiplications of a run by operator; undefined where a size is free and not among `sizes`. See `countProducts`. */
  readonly products?: (sizes?: Sizes) => Readonly<Record<string, number>> | undefined;
  /** The same network in pieces, for a settled size and one picture; undefined where it is none of maps alone. */
  readonly cut?: (options: BuildOptions) => CutNetwork | undefined;
  /** The same network, built for a device or a size. */
  readonly adapt?: (options: BuildOptions) => NetworkGraph;
};
