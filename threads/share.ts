// Memory that threads see without copying.

/** The same numbers in shared memory; the array itself when it already is. */
export const share = <T extends Uint8Array | Float32Array>(data: T): T => {
  if (data.buffer instanceof SharedArrayBuffer) return data;
  const memory = new SharedArrayBuffer(data.byteLength);
  const copy = data instanceof Float32Array ? new Float32Array(memory) : new Uint8Array(memory);
  copy.set(data);
  return copy as T;
};

/** A picture or plane with its data in shared memory. */
export const shared = <T extends { readonly data: Uint8Array }>(picture: T): T => ({ ...picture, data: share(picture.data) });
