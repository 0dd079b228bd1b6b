// How a graph's files become external data: onnxruntime takes weights from below one folder, and a graph may carry others in itself.
import { closeSync, openSync, readSync } from 'node:fs';
import path, { type PlatformPath } from 'node:path';
import { type TensorInfo, WeightError } from './weight-source.ts';

/** The deepest folder above all of some absolute paths: '' for none of them, undefined when they lie on different drives. */
export const commonFolder = (files: readonly string[], { dirname, relative, isAbsolute }: PlatformPath = path): string | undefined => {
  const holds = (folder: string, file: string): boolean => {
    const way = relative(folder, file);
    return !isAbsolute(way) && !/^\.\.(?![^\\/])/.test(way);
  };
  let folder = files[0] === undefined ? '' : dirname(files[0]);
  while (!files.every(file => holds(folder, file))) {
    if (dirname(folder) === folder) return undefined;
    folder = dirname(folder);
  }
  return folder;
};

export type Places = {
  /** Above every file that stays external. */
  readonly folder: string;
  /** Files on other drives than most of the bytes, such as a LoRA's on Windows: their tensors go into the graph itself. */
  readonly inside: ReadonlySet<string>;
};

const MOST_INSIDE = 1.5e9; // bytes; a graph may have 2 GB

/** Throws a WeightError when more lies on a second drive than a graph can carry. */
export const placeFiles = (weights: readonly Pick<TensorInfo, 'file' | 'length'>[], platform: PlatformPath = path): Places => {
  const bytes = new Map<string, number>();
  const driveOf = (file: string): string => platform.parse(file).root.toLowerCase();
  for (const { file, length } of weights) bytes.set(driveOf(file), (bytes.get(driveOf(file)) ?? 0) + length);
  const [main, ...others] = [...bytes].sort(([, a], [, b]) => b - a);
  const files = [...new Set(weights.map(({ file }) => file))];
  const inside = files.filter(file => driveOf(file) !== main?.[0]);
  if (others.reduce((sum, [, count]) => sum + count, 0) > MOST_INSIDE) {
    throw new WeightError(`weights on several drives (${[...bytes.keys()].join(', ')}): move the files of the model to one`);
  }
  const folder = commonFolder(
    files.filter(file => driveOf(file) === main?.[0]),
    platform,
  );
  return { folder: folder ?? '', inside: new Set(inside) };
};

/** The bytes of a tensor. */
export const readBytes = ({ file, name, offset, length }: TensorInfo): Uint8Array => {
  const bytes = new Uint8Array(length);
  const handle = openSync(file, 'r');
  try {
    if (readSync(handle, bytes, 0, length, offset) < length) throw new WeightError(`${file}: ends inside ${name}`);
  } finally {
    closeSync(handle);
  }
  return bytes;
};
