// What a job needs beside its clip: files of models and pictures of the user's, known by their content.
import { readdir, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import type { Options } from '../../config/options.ts';
import { snapshotAt } from '../../models/hub/snapshot.ts';
import { artifactKey } from '../../pipeline/graph/key.ts';
import { fileDigest } from '../../pipeline/session/digest.ts';
import { locate } from '../../pipeline/session/locate-model.ts';
import { mapPaths, type Named, type NamedKind } from './paths.ts';

export type NeededFile = {
  /** Below the folder, with `/`; empty where the option names the file itself. */
  readonly name: string;
  /** As `fileDigest` has it. */
  readonly digest: string;
  readonly bytes: number;
};

/** What one path of the options stands for. */
export type Need = Named & {
  /** Of the file or the folder, without what lies above; some names say something, as that of a LoRA. */
  readonly name: string;
  readonly files: readonly NeededFile[];
};

const WEIGHTS = /\.(safetensors|bin|ckpt|pt|pth|gguf|onnx|onnx_data|pb|msgpack|h5|ot)$/i;
const PICTURE = /\.(png|jpe?g|webp|tiff?|bmp|gif|avif)$/i;
/** Folders in folders of a model. */
const DEPTH = 6;

/** Where a path of the options leads on this machine. @throws RerenderError for an id of the hub that is not here */
export const placeOf = async ({ path, kind }: Pick<Named, 'path' | 'kind'>, folders: readonly string[]): Promise<string> => {
  if (kind === 'pictures' || kind === 'annotator') return path;
  return kind === 'configs' ? snapshotAt(path) : locate(path, kind, folders);
};

/** Names of the files in a folder, in an order that does not depend on the machine; links count as what they lead to. */
const namesIn = async (folder: string, depth: number): Promise<string[]> => {
  const names = (await readdir(folder)).filter(name => !name.startsWith('.')).sort();
  const found = await Promise.all(
    names.map(async name => {
      const info = await stat(join(folder, name)).catch(() => undefined); // a link that leads nowhere
      if (info?.isFile()) return [name];
      return info?.isDirectory() && depth > 0 ? (await namesIn(join(folder, name), depth - 1)).map(inner => `${name}/${inner}`) : [];
    }),
  );
  return found.flat();
};

/** Of a folder's files those that are read: of weights only what the opened model reads, as folders hold them in several forms. */
const wantedIn = (folder: string, names: readonly string[], kind: NamedKind, inUse: ReadonlySet<string>): readonly string[] => {
  if (kind === 'pictures') return names.filter(name => PICTURE.test(name));
  const used = (name: string): boolean => inUse.has(resolve(folder, name));
  if (!names.some(used)) return names;
  return names.filter(name => !WEIGHTS.test(name) || used(name));
};

const fileAt = async (path: string, name: string): Promise<NeededFile> => ({
  name,
  digest: await fileDigest(path),
  bytes: (await stat(path)).size,
});

/**
 * What the options of a job name, as it lies here. The embedded model is on every machine.
 * @param options with whole paths
 * @param weightFiles of the model that is open
 */
export const needsOf = async (options: Options, weightFiles: readonly string[]): Promise<Need[]> => {
  const inUse = new Set(weightFiles.map(file => resolve(file)));
  const needs = new Map<string, Need>();
  await mapPaths(options, async named => {
    const place = resolve(await placeOf(named, options.modelFolders));
    const folder = (await stat(place)).isDirectory();
    const depth = named.kind === 'pictures' ? 0 : DEPTH;
    const names = folder ? wantedIn(place, await namesIn(place, depth), named.kind, inUse) : [''];
    const files: NeededFile[] = [];
    for (const name of names) files.push(await fileAt(join(place, name), name));
    needs.set(`${named.kind} ${named.path}`, { ...named, name: basename(place), files });
    return named.path;
  });
  return [...needs.values()].sort((a, b) => (`${a.kind} ${a.path}` < `${b.kind} ${b.path}` ? -1 : 1));
};

/** The name that a need's content has in a worker's folder. */
export const needKey = ({ name, files }: Need): string => artifactKey('need', 1, { name, files });

/** The key of a file's bytes in the store. */
export const fileKey = ({ digest }: Pick<NeededFile, 'digest'>): string => `file-${digest.slice(0, 40)}`;

/** Whether a need is a part of a model, which is large and which machines may have already. */
export const isModel = ({ kind }: Pick<Named, 'kind'>): boolean => kind !== 'pictures';

export const bytesOf = (files: readonly Pick<NeededFile, 'bytes'>[]): number => files.reduce((sum, { bytes }) => sum + bytes, 0);
