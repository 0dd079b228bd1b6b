// Pictures whose channels lie last in memory, as Winograd's products and linear layers want them. To a network they are values
// [n, c, h, w] as all others: operators that do not mind, and layers that have a form for it, work on `Value.last`; where another operator
// reads such a value, the graph writes the transposition before it, once.
import { Value } from './value.ts';

const twins = new WeakMap<Value, Value>();

const twinOf = (x: Value, make: () => Value): Value => {
  const twin = twins.get(x) ?? make();
  twins.set(x, twin);
  return twin;
};

/** The same numbers with channels last: x [n, c, h, w] -> [n, h, w, c]. */
export const channelsLast = (x: Value): Value => x.last ?? twinOf(x, () => x.transpose(0, 2, 3, 1));

/** Numbers [n, h, w, c] as a value [n, c, h, w], which nothing is computed for before an operator asks for that order. */
export const fromChannelsLast = (y: Value): Value => {
  const [n, h, w, c] = [y.dim(0), y.dim(1), y.dim(2), y.dim(3)];
  return new Value(y.graph, y.name, y.dtype, [n, c, h, w], y);
};

/** The value that an operator of any kind can read. */
export const channelsFirst = (x: Value): Value => (x.last ? twinOf(x, () => (x.last as Value).transpose(0, 3, 1, 2)) : x);
