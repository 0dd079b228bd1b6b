// Models, LoRAs and embeddings in folders of other programs (ComfyUI, AUTOMATIC1111's web UI): which are there, and which a name means.
import { type Dirent, existsSync } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, extname, join, relative, sep } from 'node:path';
import { userHome } from '../../config/paths.ts';

/** What a file is taken for, by the folder that it lies in. */
export type LibraryKind = 'model' | 'LoRA' | 'autoencoder' | 'embedding' | 'ControlNet';

/** A file of weights, or a diffusers folder. */
export type LibraryEntry = {
  /** Its path below the folder that was searched, with slashes. */
  readonly name: string;
  readonly path: string;
  /** Undefined in folders whose names say nothing. */
  readonly kind: LibraryKind | undefined;
  readonly bytes: number;
};

const KINDS: ReadonlyMap<string, LibraryKind> = new Map([
  ['checkpoints', 'model'],
  ['stable-diffusion', 'model'],
  ['diffusers', 'model'],
  ['loras', 'LoRA'],
  ['lora', 'LoRA'],
  ['vae', 'autoencoder'],
  ['embeddings', 'embedding'],
  ['controlnet', 'ControlNet'],
]);

/** Folders of networks that no option takes. */
const OTHERS = new Set(
  `clip clip_vision codeformer configs deepbooru diffusion_models esrgan gfpgan gligen hypernetworks ldsr lycoris photomaker realesrgan
   style_models swinir text_encoders unet upscale_models vae-approx vae_approx`.split(/\s+/),
);

const WEIGHTS = /\.(safetensors|ckpt|pt|pth|bin)$/i;

const DEEPEST = 6; // folders in folders

const entriesOf = (folder: string): Promise<Dirent[]> => readdir(folder, { withFileTypes: true }).catch((): Dirent[] => []);

const isDiffusers = (folder: string): boolean => existsSync(join(folder, 'unet')) && existsSync(join(folder, 'vae'));

/** Bytes of a file, or of the files of a folder; links are followed. */
const sizeOf = async (path: string): Promise<number> => {
  const info = await stat(path).catch(() => undefined);
  if (!info?.isDirectory()) return info?.size ?? 0;
  const sizes = await Promise.all((await readdir(path)).map(name => sizeOf(join(path, name))));
  return sizes.reduce((sum, size) => sum + size, 0);
};

type Walk = { readonly root: string; readonly kind: LibraryKind | undefined; readonly seen: Set<string> };

const walk = async (folder: string, depth: number, { root, kind: above, seen }: Walk): Promise<LibraryEntry[]> => {
  const real = await realpath(folder).catch(() => undefined);
  if (real === undefined || seen.has(real) || depth > DEEPEST) return [];
  seen.add(real);
  const word = basename(folder).toLowerCase();
  if (depth > 0 && OTHERS.has(word)) return [];
  const kind = KINDS.get(word) ?? above;
  const entry = async (path: string, as = kind): Promise<LibraryEntry> => ({
    name: relative(root, path).split(sep).join('/') || basename(path),
    path,
    kind: as,
    bytes: await sizeOf(path),
  });
  if (isDiffusers(folder)) return [await entry(folder, 'model')];
  const found: LibraryEntry[] = [];
  for (const { name } of (await entriesOf(folder)).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (name.startsWith('.')) continue;
    const path = join(folder, name);
    const info = await stat(path).catch(() => undefined); // links are followed
    if (info?.isDirectory()) found.push(...(await walk(path, depth + 1, { root, kind, seen })));
    else if (info?.isFile() && WEIGHTS.test(name)) found.push(await entry(path));
  }
  return found;
};

/** Of a whole ComfyUI or web UI only the folders that hold models. */
const partsOf = (named: string): string[] => {
  const folder = named.replace(/^~(?=$|[\\/])/, userHome);
  return existsSync(join(folder, 'models')) ? [join(folder, 'models'), join(folder, 'embeddings')] : [folder];
};

/** Everything in these folders and below them, in the order of the folders. What is not there, or not readable, holds nothing. */
export const libraryOf = async (folders: readonly string[]): Promise<LibraryEntry[]> => {
  const seen = new Set<string>();
  const found: LibraryEntry[] = [];
  for (const root of folders.flatMap(partsOf)) found.push(...(await walk(root, 0, { root, kind: undefined, seen })));
  return found;
};

const plain = (name: string): string => name.toLowerCase().replaceAll('\\', '/');

/** Whether a name means an entry: its file's name or the end of its path, with or without its ending, in any case. */
const means = (name: string, entry: LibraryEntry): boolean => {
  const whole = `/${plain(entry.name)}`;
  const wanted = `/${plain(name)}`;
  return whole.endsWith(wanted) || (WEIGHTS.test(whole) && whole.slice(0, -extname(whole).length).endsWith(wanted));
};

/** The entries that a name means, of one kind or of none that can be told. */
export const entriesNamed = (library: readonly LibraryEntry[], name: string, kind: LibraryKind): LibraryEntry[] =>
  library.filter(entry => (entry.kind === kind || entry.kind === undefined) && means(name, entry));
