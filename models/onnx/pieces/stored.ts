// Which values of a network of maps are stored between its pieces, and which layers lie between them.
import { layerOf, marginBehind } from '../layer-notes.ts';
import type { Value } from '../value.ts';

const WIDEST = 3; // rows: of a residual block's second half with the doubling behind it

/** What results follow from, each value behind those that it reads; undefined where something is not noted. */
export const inOrder = (results: readonly Value[], inputs: ReadonlySet<string>): Value[] | undefined => {
  const order = new Set<Value>();
  const visit = (value: Value): boolean => {
    if (order.has(value)) return true;
    const layer = layerOf(value);
    const isMap = value.dims.length === 4 && value.dims.every(dim => typeof dim === 'number');
    if (!isMap || (!layer && !inputs.has(value.name))) return false;
    const fits = (input: Value): boolean => visit(input) && Math.abs(value.size(2) - layer!.scale * input.size(2)) < 1;
    if (layer && !layer.inputs.every(fits)) return false;
    order.add(value);
    return true;
  };
  return results.every(visit) ? [...order] : undefined;
};

/** The values whose maps are stored. */
export const storedOf = (order: readonly Value[], results: readonly Value[]): Set<Value> => {
  const stored = new Set([...results, ...order.filter(value => !layerOf(value))]);
  for (const value of order) {
    const layer = layerOf(value);
    if (layer?.reach === Number.POSITIVE_INFINITY) stored.add(value);
    if (layer?.norm || layer?.reach === Number.POSITIVE_INFINITY) for (const input of layer.inputs) stored.add(input);
  }
  const readers = new Map<Value, number>();
  for (const input of order.flatMap(value => [...new Set(layerOf(value)?.inputs)])) readers.set(input, (readers.get(input) ?? 0) + 1);
  const margins = new Map<Value, number>();
  const marginOf = (value: Value): number => (stored.has(value) ? 0 : margins.get(value)!);
  for (const value of order) {
    const layer = layerOf(value);
    if (!layer || layer.reach === Number.POSITIVE_INFINITY) continue;
    const behind = (): number => marginBehind(layer, Math.max(...layer.inputs.map(marginOf)));
    if (behind() > WIDEST) for (const input of layer.inputs) if (marginOf(input) > 0) stored.add(input);
    margins.set(value, behind());
    if (behind() > 0 && (readers.get(value) ?? 0) > 1) stored.add(value);
  }
  return stored;
};

/** The values of a piece, its stored inputs first among them. */
export const valuesOf = (target: Value, stored: ReadonlySet<Value>): { readonly leaves: Value[]; readonly inner: Value[] } => {
  const [leaves, inner] = [new Set<Value>(), new Set<Value>()];
  const visit = (value: Value): void => {
    if (inner.has(value)) return;
    if (value !== target && stored.has(value)) leaves.add(value);
    else {
      for (const input of layerOf(value)!.inputs) visit(input);
      inner.add(value);
    }
  };
  visit(target);
  return { leaves: [...leaves], inner: [...inner] };
};
