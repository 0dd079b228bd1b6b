// Files and folders of families that are not drawn with here, told by names of tensors and by classes of pipelines.
import { show } from '../../config/show.ts';
import { readConfig } from '../networks/config.ts';

/** What would do in its place. */
const MODEL = 'give a model of Stable Diffusion 1, 2 or XL';

/** What a file is, and what would do. `kind` is what `models inspect` calls it. */
export type Stranger = { readonly name: string; readonly what: string; readonly instead: string; readonly kind: 'lora' | 'unknown' };

type Sign = readonly [sign: RegExp, what: string, instead?: string, kind?: Stranger['kind']];

/** Where a network's names stand by themselves, or behind LDM's name of it. */
const network = (names: string): RegExp => new RegExp(`^(model\\.diffusion_model\\.|diffusion_model\\.)?(${names})`);

/** Names that only files of other families have. */
const SIGNS: readonly Sign[] = [
  [/\.lora_(down|up|A|B)\b|^lora_(unet|te)/, 'a LoRA', 'give it with --lora', 'lora'],
  [network('joint_blocks\\.|transformer_blocks\\.\\d+\\.ff_context\\.'), 'of the Stable Diffusion 3 family'],
  [network('(double|single)_blocks\\.|single_transformer_blocks\\.'), 'of the Flux family'],
  [network('blocks\\.\\d+\\.(self_attn|cross_attn)\\.'), 'of the Wan video family'],
  [network('effnet_mapper\\.|clip_txt_pooled_mapper\\.'), 'of the Stable Cascade family'],
  [/^edm_(mean|std)$/, 'Playground 2.5, whose noise follows the rule of EDM'],
  [/\.motion_modules?\./, 'a motion module of AnimateDiff, which is added to another model'],
  [/(^|\.)ip_adapter\./, 'an IP-Adapter, which is added to another model'],
  [
    /^(model\.diffusion_model\.)?(down|up|mid)_blocks?\..*temp_convs\.|\.temopral_conv\./,
    'a text-to-video network',
    'give its diffusers folder',
  ],
  [/^(model\.diffusion_model\.)?time_stack|\.time_stack\./, 'of the Stable Video Diffusion family'],
  [/^depth_model\./, 'Stable Diffusion 2 with depth, whose U-Net takes five channels'],
];

/** What a file is when it is none of the supported families; undefined otherwise. */
export const stranger = (names: Iterable<string>): Stranger | undefined => {
  for (const name of names) {
    const [, what, instead = MODEL, kind = 'unknown'] = SIGNS.find(([sign]) => sign.test(name)) ?? [];
    if (what !== undefined) return { name: name.slice(0, 100), what, instead, kind };
  }
  return undefined;
};

/** The end of a sentence that begins with the path. */
export const strangerText = ({ name, what, instead, kind }: Stranger): string =>
  `is ${what} (${name})${kind === 'lora' ? '' : ', which is not supported here'}: ${instead}`;

/** Classes of pipelines whose folders have another network in the place of `unet/`, or theirs with other inputs. */
const PIPELINES: readonly (readonly [sign: RegExp, what: string])[] = [
  [/^StableDiffusion3/, 'the Stable Diffusion 3 family'],
  [/^(Flux|Chroma)/, 'the Flux family'],
  [/^Wan/, 'the Wan video family'],
  [/^StableVideoDiffusion/, 'the Stable Video Diffusion family'],
  [/^StableCascade|^Wuerstchen/, 'the Stable Cascade family'],
  [/^(Kolors|PixArt|HunyuanDiT|HunyuanVideo|AuraFlow|Lumina|Sana|QwenImage|CogVideo|CogView|LTX|Mochi|Kandinsky)/, 'another family'],
];

/** What a diffusers folder is by its model_index.json, when it is none of the supported families: the end of a sentence. */
export const strangerFolder = async (folder: string): Promise<string | undefined> => {
  const values = await readConfig(folder, 'model_index.json').then(
    config => config.values,
    () => undefined,
  );
  const name = values?._class_name;
  const family = typeof name === 'string' ? PIPELINES.find(([sign]) => sign.test(name))?.[1] : undefined;
  return family && `is of ${family} (its model_index.json names ${show(name)}), which is not supported here: ${MODEL}`;
};
