// Tensors whose numbers do not stand in the order of their dims (transposed views): copied once into the user's cache, row by row.
import { randomUUID } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { userCache } from '../../../config/paths.ts';
import { elements } from '../../tensor.ts';
import { modelDigest } from '../digest.ts';
import { openSafetensors } from '../safetensors.ts';
import { ELEMENT_BYTES, type TensorInfo } from '../weight-source.ts';
import type { Window } from './windows.ts';

/** Row-major bytes of a strided tensor, from the bytes that its window covers. */
const inOrder = (bytes: Buffer, { dims, strides = [], dtype }: Window): Buffer => {
  const size = ELEMENT_BYTES[dtype];
  const out = Buffer.alloc(elements(dims) * size);
  const index = dims.map(() => 0);
  let from = 0; // element of the window
  for (let to = 0; to < out.length; to += size) {
    bytes.copy(out, to, from * size, (from + 1) * size);
    for (let axis = dims.length - 1; axis >= 0; axis--) {
      from += strides[axis]!;
      if (++index[axis]! < dims[axis]!) break;
      from -= strides[axis]! * dims[axis]!;
      index[axis] = 0;
    }
  }
  return out;
};

const header = (windows: readonly Window[]): Buffer => {
  let end = 0;
  const entries = windows.map(({ dtype, dims }, i) => {
    const begin = end;
    end += elements(dims) * ELEMENT_BYTES[dtype];
    return [String(i), { dtype, shape: dims, data_offsets: [begin, end] }];
  });
  const json = Buffer.from(JSON.stringify(Object.fromEntries(entries)));
  const padded = Buffer.concat([json, Buffer.alloc((8 - (json.length % 8)) % 8, ' ')]);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(padded.length));
  return Buffer.concat([length, padded]);
};

/**
 * Where the numbers of `windows` stand row by row, in their order: a safetensors file in the user's cache, named by what the tensors are.
 * It is written under another name first, so that a run that is interrupted leaves none that is half done.
 */
export const copyInOrder = async (windows: readonly Window[]): Promise<TensorInfo[]> => {
  const infos = windows.map((window, i) => ({ ...window, name: String(i) }));
  const digest = await modelDigest([JSON.stringify(windows.map(({ strides }) => strides ?? []))], infos);
  const folder = join(userCache(), 'weights');
  const file = join(folder, `${digest}.safetensors`);
  const cached = await openSafetensors(file).catch(() => undefined);
  const copy = cached ?? (await write(folder, file, windows));
  return infos.map(({ name, dims }) => copy.find(name, dims) as TensorInfo);
};

const write = async (folder: string, file: string, windows: readonly Window[]) => {
  await mkdir(folder, { recursive: true });
  const part = `${file}.${randomUUID()}.part`;
  const out = await open(part, 'w');
  try {
    await out.appendFile(header(windows));
    for (const window of windows) {
      const source = await open(window.file);
      const { buffer } = await source.read(Buffer.alloc(window.length), 0, window.length, window.offset).finally(() => source.close());
      await out.appendFile(inOrder(buffer, window));
    }
    await out.close();
    await rename(part, file);
  } catch (error) {
    await out.close();
    await rm(part, { force: true });
    throw error;
  }
  return openSafetensors(file);
};
