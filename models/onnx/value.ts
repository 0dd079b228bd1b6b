// A tensor inside a graph under construction: its dims are known at once, its numbers only when the graph runs.
import type { Dim } from './dims.ts';
import type { Graph } from './graph.ts';
import type { DType } from './model-proto.ts';
import { arithmetic } from './ops/arithmetic.ts';
import { matmul, softmax } from './ops/contract.ts';
import { reshape, slice, split, transpose } from './ops/shape.ts';

/** Method sugar for the operators that carry no weights and read best as a chain; everything else is a function. */
export class Value {
  readonly graph: Graph;
  readonly name: string;
  readonly dtype: DType;
  readonly dims: readonly Dim[];
  /** Where the numbers lie with channels last: the value [n, h, w, c] that this one, [n, c, h, w], stands for; see `channels-last.ts`. */
  readonly last: Value | undefined;

  constructor(graph: Graph, name: string, dtype: DType, dims: readonly Dim[], last?: Value) {
    this.graph = graph;
    this.name = name;
    this.dtype = dtype;
    this.dims = dims;
    this.last = last;
  }

  /** One dim; a negative axis counts from the end. */
  dim(axis: number): Dim {
    const dim = this.dims.at(axis);
    if (dim === undefined) throw this.graph.error(`axis ${axis} of ${this.dims.length} dims`);
    return dim;
  }

  /** One dim that the build has to know. */
  size(axis: number): number {
    const dim = this.dim(axis);
    if (typeof dim !== 'number') throw this.graph.error(`axis ${axis} is ${dim}, but its size has to be known when the graph is built`);
    return dim;
  }

  add(other: Value | number): Value {
    return arithmetic('Add', this, other);
  }

  sub(other: Value | number): Value {
    return arithmetic('Sub', this, other);
  }

  mul(other: Value | number): Value {
    return arithmetic('Mul', this, other);
  }

  div(other: Value | number): Value {
    return arithmetic('Div', this, other);
  }

  matmul(other: Value): Value {
    return matmul(this, other);
  }

  softmax(): Value {
    return softmax(this);
  }

  /** 0 keeps the dim of the same axis, -1 takes what is left. */
  reshape(...dims: readonly Dim[]): Value {
    return reshape(this, dims);
  }

  transpose(...order: readonly number[]): Value {
    return transpose(this, order);
  }

  /** `parts` equal pieces along an axis, the last one by default. */
  split(parts: number, axis = -1): Value[] {
    return split(this, parts, axis);
  }

  slice(axis: number, start: number, end: number): Value {
    return slice(this, axis, start, end);
  }
}
