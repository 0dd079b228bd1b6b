// Which files of a repository are needed: configs, tokenizer and one set of weights for each part; nothing else.
import { HubError } from './repository.ts';

export type ChoiceOptions = {
  /** The word in the weights' names, as in `model.fp16.safetensors`. Default: weights without one. */
  readonly variant?: string | undefined;
  /** Take these files alone. */
  readonly files?: readonly string[] | undefined;
};

/** Folders of a diffusers model that are read. A safety checker or an image encoder is not. */
const PARTS = ['unet', 'vae', 'text_encoder', 'tokenizer', 'text_encoder_2', 'tokenizer_2', 'scheduler', 'controlnet'];

/** Weights in the order in which they are preferred. */
const FORMATS = ['safetensors', 'bin', 'ckpt', 'pt', 'pth'];

type Weights = {
  readonly path: string;
  readonly folder: string;
  /** The name without shard, variant and ending: `model`. */
  readonly stem: string;
  readonly variant: string | undefined;
  readonly format: string;
};

const WEIGHTS = new RegExp(`^(.*/)?([^/]+?)\\.(${FORMATS.join('|')})(\\.index\\.json)?$`);
const SHARD = /-\d{5}-of-\d{5}/;
const STEMS = ['diffusion_pytorch_model', 'model', 'pytorch_model', 'pytorch_lora_weights', 'learned_embeds'];

const asWeights = (path: string): Weights | undefined => {
  const [, folder = '', name, format] = WEIGHTS.exec(path) ?? [];
  if (name === undefined || format === undefined) return undefined;
  const [stem = name, variant] = name.replace(SHARD, '').split('.', 2);
  return STEMS.includes(stem) ? { path, folder, stem, variant, format } : undefined;
};

const isText = (path: string): boolean => /\.(json|txt|model)$/.test(path);

/** One set of weights of a folder: safetensors before pickles, the variant asked for before the plain one before any other. */
const bestWeights = (all: readonly Weights[], variant: string | undefined): readonly Weights[] => {
  const rank = (w: Weights): number => FORMATS.indexOf(w.format) + 10 * (w.variant === variant ? 0 : w.variant === undefined ? 1 : 2);
  const best = all.toSorted((a, b) => rank(a) - rank(b) || a.path.localeCompare(b.path))[0];
  return best ? all.filter(w => w.stem === best.stem && w.variant === best.variant && w.format === best.format) : [];
};

const ofFolder = (paths: readonly string[], folder: string, variant: string | undefined): string[] => {
  const inside = paths.filter(path => path.startsWith(folder) && !path.slice(folder.length).includes('/'));
  const weights = inside.map(asWeights).filter(w => w !== undefined);
  return [...inside.filter(path => isText(path) && !path.endsWith('.index.json')), ...bestWeights(weights, variant).map(w => w.path)];
};

/**
 * Chooses from the paths of a repository.
 * - a diffusers model (`model_index.json`): the parts that are read, each with one set of weights
 * - a network, LoRA or embedding at the top: its config and weights
 * - checkpoints in one file: the only one, or the one named by `files`
 * @throws HubError naming what is there when nothing or no single thing can be chosen
 */
export const chooseFiles = (paths: readonly string[], { variant, files }: ChoiceOptions = {}): string[] => {
  if (files && files.length > 0) {
    const absent = files.filter(file => !paths.includes(file));
    if (absent.length > 0) throw new HubError(`the repository has no file ${absent.join(', ')}; it has ${paths.join(', ')}`);
    return [...files];
  }
  if (paths.includes('model_index.json')) {
    const top = ['model_index.json', 'rerender.json'].filter(path => paths.includes(path));
    return [...top, ...PARTS.flatMap(part => ofFolder(paths, `${part}/`, variant))];
  }
  const top = ofFolder(paths, '', variant);
  if (top.some(path => asWeights(path))) return top;
  const checkpoints = paths.filter(path => FORMATS.some(format => path.endsWith(`.${format}`)));
  if (checkpoints.length === 1) return checkpoints;
  throw new HubError(
    checkpoints.length > 0
      ? `the repository holds several checkpoints; choose with --file: ${checkpoints.join(', ')}`
      : 'the repository holds no weights that are read (.safetensors, .bin, .ckpt, .pt, .pth)',
  );
};
