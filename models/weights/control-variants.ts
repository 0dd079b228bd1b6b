// ControlNets of other kinds, told by their tensors' names: those that are no network by themselves but are added to the U-Net of a base
// model, and those for many kinds of control images.

export type ControlVariant = {
  readonly kind: 'control-lora' | 'control-difference' | 'control-union';
  /** The tensor that shows it. */
  readonly name: string;
  /** The end of a sentence that begins with the path. */
  readonly text: string;
};

const FULL = 'give the ControlNet of the same kind in full, such as control_v11p_sd15_canny.pth';

const ONE = 'give a ControlNet of the one kind that is wanted';

const SIGNS: readonly (readonly [RegExp, ControlVariant['kind'], what: string, why: string, instead?: string])[] = [
  [
    /^(control_model\.)?(lora_controlnet$|(input_blocks|middle_block|time_embed|label_emb|zero_convs|input_hint_block)\..*\.(up|down)$)/,
    'control-lora',
    'a Control-LoRA',
    "low-rank changes of a base model's U-Net and no network of its own",
  ],
  [
    /^(control_model\.)?difference$/,
    'control-difference',
    'a difference ControlNet',
    "the difference from a base model's U-Net and no network of its own",
  ],
  [
    /^(control_model\.)?(task_embedding$|transformer_layes\.|spatial_ch_projs\.|control_add_embedding\.)/,
    'control-union',
    'a ControlNet Union',
    'one network for many kinds of control images',
    ONE,
  ],
];

/** What a file or folder of a ControlNet is when it is none by itself; undefined otherwise. */
export const controlVariant = (names: Iterable<string>): ControlVariant | undefined => {
  for (const name of names) {
    const [, kind, what, why, instead = FULL] = SIGNS.find(([sign]) => sign.test(name)) ?? [];
    if (kind) return { kind, name, text: `is ${what} (${name.slice(0, 100)}), ${why}, which is not supported here: ${instead}` };
  }
  return undefined;
};
