// Memory that threads see without copying.

/** The same numbers in shared memory; the array itself when it already is. */
export const share = <T extends Uint8Array | Float32Array>(data: T): T => {
  if (data.buffer instanceof SharedArrayBuffer) return data;
  const copy = new (data.constructor as new (buffer: SharedArrayBuffer) => T)(new SharedArrayBuffer(data.byteLength));
  copy.set(data);
  return copy;
};
