// Memory that kernels and this side share: laid out once for a size, never allocated for each frame.

/** A numeric view and the byte offset that kernels know it by. */
export type Region<T> = { readonly at: number; readonly data: T };

export type Arena = {
  readonly memory: WebAssembly.Memory;
  bytes(count: number): Region<Uint8Array<ArrayBuffer>>;
  words(count: number): Region<Int16Array<ArrayBuffer>>;
  integers(count: number): Region<Int32Array<ArrayBuffer>>;
  floats(count: number): Region<Float32Array<ArrayBuffer>>;
  doubles(count: number): Region<Float64Array<ArrayBuffer>>;
  /** Bytes laid out so far. */
  used(): number;
};

const PAGE = 65536;
const ALIGNMENT = 16; // one v128
const START = 1024; // below lies what modules keep for themselves

/**
 * A memory of at least `capacity` bytes to lay regions out in, one behind the other. Regions hold zeros at first. Views stay valid, as the memory never
 * grows: RangeError when the regions need more than `capacity`.
 */
export const openArena = (capacity: number): Arena => {
  const memory = new WebAssembly.Memory({ initial: Math.ceil((START + capacity) / PAGE) });
  const { buffer } = memory;
  let top = START;
  const take = (bytes: number): number => {
    const at = top;
    top = at + Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
    if (top > buffer.byteLength) throw new RangeError(`arena: ${bytes} bytes at ${at} do not fit into ${buffer.byteLength}`);
    return at;
  };
  const region = <T>(bytes: number, view: (at: number) => T): Region<T> => {
    const at = take(bytes);
    return { at, data: view(at) };
  };
  return {
    memory,
    bytes: count => region(count, at => new Uint8Array(buffer, at, count)),
    words: count => region(2 * count, at => new Int16Array(buffer, at, count)),
    integers: count => region(4 * count, at => new Int32Array(buffer, at, count)),
    floats: count => region(4 * count, at => new Float32Array(buffer, at, count)),
    doubles: count => region(8 * count, at => new Float64Array(buffer, at, count)),
    used: () => top,
  };
};
