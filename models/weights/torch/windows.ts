// A torch tensor is a window on a storage: offset, sizes, strides. Checks that it lies inside, and says where its bytes are.
import { elements } from '../../tensor.ts';
import { ELEMENT_BYTES, type WeightType } from '../weight-source.ts';
import type { Pickled, TensorClaim } from './values.ts';
import type { Fail } from './zip.ts';

/** Bytes of a file. */
export type Place = { readonly file: string; readonly offset: number; readonly length: number };

/** A tensor that lies inside its storage. */
export type Window = Place & {
  readonly dtype: WeightType;
  readonly dims: readonly number[];
  /** Elements from one index to the next, by dim, where numbers do not stand in the order of the dims; `length` then covers all of them. */
  readonly strides?: readonly number[];
};

const LARGEST_VIEW = 2_000_000_000; // bytes; one read of a file takes no more

const isSize = (value: unknown): value is number => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;

const isSizes = (value: Pickled): value is number[] => Array.isArray(value) && value.length <= 16 && value.every(isSize);

const show = (value: Pickled): string => (Array.isArray(value) ? `[${value.map(String).join(', ')}]` : String(value));

/** The strides of numbers that stand row by row. */
const rowMajor = (dims: readonly number[]): number[] => dims.map((_, i) => elements(dims.slice(i + 1)));

/** Throws through `fail`, with the tensor's name, unless all its elements are inside the storage and the storage inside its file. */
export const openWindow = (name: string, claim: TensorClaim, place: Place | undefined, fail: Fail): Window => {
  const { storage, offset, size: dims, stride } = claim;
  if (!isSizes(dims)) throw fail(`${name}: size ${show(dims)} is not a list of sizes`);
  if (!isSizes(stride) || stride.length !== dims.length) throw fail(`${name}: strides ${show(stride)} do not fit size ${show(dims)}`);
  if (!isSize(offset)) throw fail(`${name}: offset ${show(offset)} is not a place in a storage`);
  if (!place) throw fail(`${name}: its storage ${storage.key} is not in the file`);
  const { dtype, count } = storage;
  const bytes = ELEMENT_BYTES[dtype];
  if (!isSize(count) || count * bytes > place.length)
    throw fail(`${name}: its storage claims ${count} numbers of ${bytes} bytes, the file gives it ${place.length} bytes`);
  const empty = dims.includes(0);
  const reach = empty ? 0 : 1 + dims.reduce((sum, dim, i) => sum + (dim - 1) * (stride[i] as number), 0);
  if (!(offset + reach <= count)) throw fail(`${name}: reaches to number ${offset + reach} of its storage, which has ${count}`);
  const at = { file: place.file, offset: place.offset + offset * bytes, length: reach * bytes };
  const due = rowMajor(dims);
  if (empty || dims.every((dim, i) => dim === 1 || stride[i] === due[i])) return { dtype, dims, ...at };
  if (elements(dims) > reach)
    throw fail(`${name}: is a view that repeats numbers (size ${show(dims)}, strides ${show(stride)}), which no weight is`);
  if (at.length > LARGEST_VIEW) throw fail(`${name}: is a turned view over ${at.length} bytes, at most ${LARGEST_VIEW} are copied`);
  return { dtype, dims, ...at, strides: stride };
};
