// Opens a file of weights of either format by what it is, not by what it is called.
import { type FileHandle, open, stat } from 'node:fs/promises';
import { RerenderError } from '../../config/errors.ts';
import { textInPlace } from '../../config/stand-in.ts';
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

const HEAD = 1024; // bytes

/** A file of weights holds a pointer, a web page or another text in their place. */
export class WeightsMissingError extends RerenderError {
  constructor(message: string, options?: ErrorOptions) {
    super('WEIGHTS_MISSING', 'missing', message, options);
  }
}

/** The first bytes of a file; none where it cannot be read, which opening it tells. */
const headOf = async (path: string): Promise<Buffer> => {
  let handle: FileHandle | undefined;
  try {
    handle = await open(path);
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(HEAD), 0, HEAD, 0);
    return buffer.subarray(0, bytesRead);
  } catch {
    return Buffer.alloc(0);
  } finally {
    await handle?.close();
  }
};

/** Whether the first bytes are torch's; everything else is read, or refused, as safetensors. */
const isTorch = (head: Buffer): boolean => {
  if (head.length < 4 || head[HEADER_START] === 0x7b) return false;
  return head.readUInt32BE() === ZIP || head[0] === PICKLE;
};

/**
 * Opens a `.safetensors`, `.ckpt`, `.pt`, `.pth` or `.bin` file by its structure alone; the numbers stay on disk.
 * Throws a WeightsMissingError for a text, a WeightError as `openSafetensors` and `openTorchFile` do.
 */
export const openWeights = async (path: string): Promise<WeightFile> => {
  const info = await stat(path).catch(() => undefined); // a pipe would be waited for without end
  if (info && !info.isFile() && !info.isDirectory()) throw new WeightError(`${path}: is no ordinary file`);
  const head = await headOf(path);
  const other = textInPlace(head);
  if (other !== undefined) throw new WeightsMissingError(`${path}: ${other}`);
  return isTorch(head) ? openTorchFile(path) : openSafetensors(path);
};
