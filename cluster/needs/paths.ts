// Options that name files: each path in them, whatever stands around it (`TYPE=PATH:SCALE`, `FRAME=PATH`, `PATH:TOKEN`), in another form.
import { resolve } from 'node:path';
import { parseEmbeddings, parseLoras } from '../../config/adapters.ts';
import { parseControls } from '../../config/control.ts';
import { exists } from '../../config/exists.ts';
import type { Options } from '../../config/options.ts';
import type { LibraryKind } from '../../models/open/model-library.ts';

/** What a path is of: a model's part, the configs of one, or pictures. */
export type NamedKind = LibraryKind | 'configs' | 'annotator' | 'pictures';

/** A path as an option names it: of a file, of a folder, or for models an id of the hub or a name in a folder of models. */
export type Named = { readonly path: string; readonly kind: NamedKind; readonly option: string };

type Mapping = (named: Named) => Promise<string>;
type Rewrite = (value: string, to: (path: string, kind: NamedKind) => Promise<string>) => Promise<string>;

const plain =
  (kind: NamedKind): Rewrite =>
  (value, to) =>
    to(value, kind);

/** `TYPE=NETWORK:SCALE,images=PATH,annotator=FILE`; what stands between stays. */
const control: Rewrite = async (value, to) => {
  const [spec] = parseControls([value]);
  if (!spec) return value; // none
  const { type, folder, images, annotator } = spec;
  const replaced = async (text: string, before: string, path: string | undefined, kind: NamedKind): Promise<string> => {
    const at = text.indexOf(`${before}${path}`);
    if (path === undefined || at < 0) return text;
    const begin = at + before.length;
    return `${text.slice(0, begin)}${await to(path, kind)}${text.slice(begin + path.length)}`;
  };
  const networked = await replaced(value, `${type}=`, folder, 'ControlNet');
  return replaced(await replaced(networked, ',images=', images, 'pictures'), ',annotator=', annotator, 'annotator');
};

const NAMING: Readonly<Partial<Record<keyof Options, Rewrite>>> = {
  model: plain('model'),
  vae: plain('autoencoder'),
  modelConfig: plain('configs'),
  control,
  lora: async (value, to) => {
    const { path } = parseLoras([value])[0]!;
    return `${await to(path, 'LoRA')}${value.slice(path.length)}`;
  },
  embedding: async (value, to) => {
    const { path } = parseEmbeddings([value])[0]!;
    return `${await to(path, 'embedding')}${value.slice(path.length)}`;
  },
  keyframe: async (value, to) => {
    const at = value.indexOf('=') + 1;
    return `${value.slice(0, at)}${await to(value.slice(at).trim(), 'pictures')}`;
  },
  keyframes: plain('pictures'),
  anchorImage: plain('pictures'),
};

/** The options with every path in them mapped. */
export const mapPaths = async <O extends Options>(options: O, mapping: Mapping): Promise<O> => {
  const values: Record<string, unknown> = {};
  for (const [name, rewrite] of Object.entries(NAMING)) {
    const value = options[name as keyof Options];
    const to = (path: string, kind: NamedKind): Promise<string> => mapping({ path, kind, option: name });
    if (typeof value === 'string') values[name] = await rewrite(value, to);
    else if (Array.isArray(value)) {
      values[name] = await Promise.all((value as string[]).map(word => rewrite(word, to)));
    }
  }
  return { ...options, ...values };
};

/** With whole paths, which mean the same elsewhere; what is no path here, as an id of the hub, stays as it is. */
export const wholePaths = async <O extends Options>(options: O): Promise<O> => ({
  ...(await mapPaths(options, async ({ path }) => ((await exists(path)) ? resolve(path) : path))),
  modelFolders: options.modelFolders.map(folder => resolve(folder)),
});
