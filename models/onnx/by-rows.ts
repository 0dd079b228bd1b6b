// Large maps that follow from others pixel by pixel are computed some rows at a time, right where those are read, and never lie in memory
// as a whole: norms and activations before a convolution in strips.
import type { Value } from './value.ts';

/** How rows of a map [n, h, w, c] follow from the same rows of another. */
type Recipe = { readonly source: Value; readonly of: (rows: Value) => Value };

const recipes = new WeakMap<Value, Recipe>();

/** Computes a function once for each value. */
const once = (compute: (rows: Value) => Value): ((rows: Value) => Value) => {
  const results = new WeakMap<Value, Value>();
  return rows => {
    const result = results.get(rows) ?? compute(rows);
    results.set(rows, result);
    return result;
  };
};

/** Notes that rows of y are `of` the same rows of `source`, both [n, h, w, c]. Returns y. */
export const followsByRows = (y: Value, source: Value, of: (rows: Value) => Value): Value => {
  recipes.set(y, { source, of: once(of) });
  return y;
};

/** The same for what is computed of operands pixel by pixel, where all that are maps follow from one. Returns y. */
export const followsFrom = (y: Value, operands: readonly Value[], compute: (...operands: readonly Value[]) => Value): Value => {
  const found = operands.map(x => recipes.get(x));
  const source = found.find(recipe => recipe)?.source;
  const isSmall = ({ dims }: Value): boolean => dims.length < 4 || (dims[1] === 1 && dims[2] === 1);
  if (!source || !operands.every((x, i) => found[i]?.source === source || isSmall(x))) return y;
  return followsByRows(y, source, rows => compute(...operands.map((x, i) => found[i]?.of(rows) ?? x)));
};

/** Rows `from` to `to` of a map [n, h, w, c]. */
export const rowsOf = (x: Value, from: number, to: number): Value => {
  const recipe = recipes.get(x);
  const whole = from === 0 && to === x.dim(1);
  if (whole) return x;
  return recipe ? recipe.of(recipe.source.slice(1, from, to)) : x.slice(1, from, to);
};
