// Where a network's weights come from: a lookup by checkpoint name that gives places in files, never numbers.
import { RerenderError } from '../../config/errors.ts';

/** Bytes of one element, for each element type of safetensors files that has whole bytes. */
export const ELEMENT_BYTES = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  F8_E4M3: 1,
  F8_E5M2: 1,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U64: 8,
  U32: 4,
  U16: 2,
  U8: 1,
  BOOL: 1,
} as const;

export type WeightType = keyof typeof ELEMENT_BYTES;

/** One tensor of a checkpoint and its place on disk. */
export type TensorInfo = {
  /** Its name in the file. */
  readonly name: string;
  readonly dtype: WeightType;
  readonly dims: readonly number[];
  /** Absolute real path. */
  readonly file: string;
  /** Bytes from the start of the file. */
  readonly offset: number;
  /** Bytes. */
  readonly length: number;
};

/** A low-rank change of a weight [out, ...in]: `factor up down` is added to it. */
export type LowRank = {
  /** [out, rank], or with 1s behind. */
  readonly up: TensorInfo;
  /** [rank, ...in], or with 1s behind. */
  readonly down: TensorInfo;
  readonly factor: number;
};

/** A tensor as it stands, or with changes that the graph adds to it; runtimes compute the sum once, when they load. */
export type Weight = TensorInfo & { readonly changes?: readonly LowRank[] };

export type WeightSource = {
  /** What the source is called in messages: the file's path. */
  readonly label: string;
  /** The tensor of that name; undefined when there is none. `dims` is what the network expects, for sources that make tensors up. */
  find(name: string, dims: readonly number[]): Weight | undefined;
  /** Every name of the checkpoint. */
  names(): Iterable<string>;
};

/** The part of a checkpoint that one graph reads, by the beginnings of names, so that the graph does not report the rest as unused. */
export const ofPart = (source: WeightSource, ...prefixes: readonly string[]): WeightSource => ({
  ...source,
  names: () => [...source.names()].filter(name => prefixes.some(prefix => name.startsWith(prefix))),
});

/** A weights file is damaged, or a tensor that a network needs is absent or has another shape or type. */
export class WeightError extends RerenderError {
  constructor(message: string, options?: ErrorOptions) {
    super('WEIGHTS', 'failure', message, options);
  }
}
