// Opens a file of weights of either format by what it is, not by what it is called.
import { type FileHandle, open, stat } from 'node:fs/promises';
import { openSafetensors } from './safetensors.ts';
import { openTorchFile, type TorchFile } from './torch/read.ts';
import { type TensorInfo, WeightError, type WeightSource } from './weight-source.ts';

/** Every tensor of one or several files. */
export type WeightFile = WeightSource & {
  readonly tensors: readonly TensorInfo[];
  /** Texts that a safetensors file has beside its tensors. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** All that a torch file holds. */
  readonly value?: TorchFile['value'];
};

const ZIP = 0x504b0304; // "PK\3\4"
const PICKLE = 0x80;
const HEADER_START = 8; // a safetensors file has its JSON there

/** Whether the first bytes are torch's; everything else is read, or refused, as safetensors. */
const isTorch = async (path: string): Promise<boolean> => {
  let handle: FileHandle | undefined;
  try {
    handle = await open(path);
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(HEADER_START + 1), 0, HEADER_START + 1, 0);
    if (bytesRead < 4 || buffer[HEADER_START] === 0x7b) return false;
    return buffer.readUInt32BE() === ZIP || buffer[0] === PICKLE;
  } catch {
    return false;
  } finally {
    await handle?.close();
  }
};

/**
 * Opens a `.safetensors`, `.ckpt`, `.pt`, `.pth` or `.bin` file by its structure alone; the numbers stay on disk.
 * Throws a WeightError as `openSafetensors` and `openTorchFile` do.
 */
export const openWeights = async (path: string): Promise<WeightFile> => {
  const info = await stat(path).catch(() => undefined); // a pipe would be waited for without end
  if (info && !info.isFile() && !info.isDirectory()) throw new WeightError(`${path}: is no ordinary file`);
  return (await isTorch(path)) ? openTorchFile(path) : openSafetensors(path);
};
