// ControlNets that are no network by themselves: what they hold is added to the U-Net of a base model. Told by their tensors' names.

export type ControlVariant = {
  readonly kind: 'control-lora' | 'control-difference';
  /** The tensor that shows it. */
  readonly name: string;
  /** The end of a sentence that begins with the path. */
  readonly text: string;
};

const FULL = 'give the ControlNet of the same kind in full, such as control_v11p_sd15_canny.pth';

const SIGNS: readonly (readonly [RegExp, ControlVariant['kind'], what: string, why: string])[] = [
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
];

/** What a file or folder of a ControlNet is when it is none by itself; undefined otherwise. */
export const controlVariant = (names: Iterable<string>): ControlVariant | undefined => {
  for (const name of names) {
    const [, kind, what, why] = SIGNS.find(([sign]) => sign.test(name)) ?? [];
    if (kind) return { kind, name, text: `is ${what} (${name.slice(0, 100)}), ${why}, which is not supported here: ${FULL}` };
  }
  return undefined;
};
