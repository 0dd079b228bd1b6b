// Memory that kernels and this side share: laid out once for a size, never allocated for each frame.

import { RerenderError } from '../../config/errors.ts';

/** A numeric view and the byte offset that kernels know it by. */
export type Region<T> = { readonly at: number; readonly data: T };

export type Bytes = Region<Uint8Array<ArrayBuffer>>;
export type Words = Region<Int16Array<ArrayBuffer>>;
export type Integers = Region<Int32Array<ArrayBuffer>>;
export type Floats = Region<Float32Array<ArrayBuffer>>;
export type Doubles = Region<Float64Array<ArrayBuffer>>;

/** Regions one behind the other; each call lays out one of so many elements. They hold zeros at first. */
export type Arena = {
  bytes(count: number): Bytes;
  words(count: number): Words;
  integers(count: number): Integers;
  floats(count: number): Floats;
  doubles(count: number): Doubles;
};

const PAGE = 65536;
const ALIGNMENT = 16; // one v128
const START = 1024; // below lies what modules keep for themselves

type View<T> = new (buffer: ArrayBuffer, at: number, count: number) => T;

/** Regions of a buffer; without one, empty views at the places that they will have. */
const regions = (buffer: ArrayBuffer | undefined): { arena: Arena; size: () => number } => {
  let top = START;
  const nothing = new ArrayBuffer(0);
  const take = <T>(bytes: number, count: number, View: View<T>): Region<T> => {
    const at = top;
    top = at + Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
    return { at, data: buffer ? new View(buffer, at, count) : new View(nothing, 0, 0) };
  };
  const arena: Arena = {
    bytes: count => take(count, count, Uint8Array),
    words: count => take(2 * count, count, Int16Array),
    integers: count => take(4 * count, count, Int32Array),
    floats: count => take(4 * count, count, Float32Array),
    doubles: count => take(8 * count, count, Float64Array),
  };
  return { arena, size: () => top };
};

/** @throws RerenderError OUT_OF_MEMORY where the system has no room: V8 reserves 8 GB of addresses (not of memory) for each */
const reserve = (pages: number): WebAssembly.Memory => {
  try {
    return new WebAssembly.Memory({ initial: pages });
  } catch (cause) {
    const bytes = Math.ceil((pages * PAGE) / 2 ** 20);
    throw new RerenderError(
      'OUT_OF_MEMORY',
      'failure',
      `there is no room for ${bytes} MB of flow and propagation, for which 10 GB of addresses are reserved: ` +
        'raise `ulimit -v`, or give fewer --jobs',
      { cause },
    );
  }
};

/**
 * A memory with what `layOut` lays out in it. It runs twice, the first time only to measure (its views are empty then), so it must not read
 * or write them. The memory never grows, so views stay valid.
 */
export const openArena = <T>(layOut: (arena: Arena) => T): T & { readonly memory: WebAssembly.Memory } => {
  const measured = regions(undefined);
  layOut(measured.arena);
  const memory = reserve(Math.ceil(measured.size() / PAGE));
  return { ...layOut(regions(memory.buffer).arena), memory };
};
