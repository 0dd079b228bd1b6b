// The tensors of an adapter file, whichever way it was saved.
import { open } from 'node:fs/promises';
import { openSafetensors } from './safetensors.ts';
import { openTorchFile, type TorchValue } from './torch/read.ts';
import type { TensorInfo } from './weight-source.ts';

export type AdapterTensors = {
  readonly tensors: readonly TensorInfo[];
  /** Texts beside the tensors, of safetensors files. */
  readonly metadata: Readonly<Record<string, string>>;
  /** All of what a torch file holds. */
  readonly value?: TorchValue;
};

const BRACE = 0x7b; // the ninth byte of every safetensors file

const isSafetensors = async (file: string): Promise<boolean> => {
  if (/\.safetensors$/i.test(file)) return true;
  const handle = await open(file);
  try {
    return (await handle.read(Buffer.alloc(9), 0, 9, 0)).buffer[8] === BRACE;
  } finally {
    await handle.close();
  }
};

/** Opens a .safetensors file or what torch.save wrote, by what it is rather than by its name. Throws a WeightError for a damaged file. */
export const openAdapterTensors = async (file: string): Promise<AdapterTensors> => {
  if (await isSafetensors(file)) return openSafetensors(file);
  const { tensors, value } = await openTorchFile(file);
  return { tensors, value, metadata: {} };
};
