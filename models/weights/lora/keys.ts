// What the keys of a LoRA file say: a module's name and which of its tensors this is. Other kinds are refused by the key that shows it.
import { AdapterError } from '../adapter-error.ts';

export type Role = 'up' | 'down' | 'alpha';

/** How keys end, and what the tensor is; the text before is the module's name in the file's own spelling. */
const ENDINGS: readonly (readonly [RegExp, Role])[] = [
  [/\.lora_down\.weight$/, 'down'],
  [/\.lora_up\.weight$/, 'up'],
  [/\.lora_A(\.[^.]+)?\.weight$/, 'down'], // PEFT may put an adapter's name before the end, which has no dots
  [/\.lora_B(\.[^.]+)?\.weight$/, 'up'],
  [/\.down\.weight$/, 'down'],
  [/\.up\.weight$/, 'up'],
  [/\.alpha$/, 'alpha'],
];

/** Methods that change weights in another way than by a low-rank sum, by a part of their keys. */
const OTHER_METHODS: readonly (readonly [RegExp, string])[] = [
  [/\.(dora_scale|lora_magnitude_vector)/, 'DoRA, which also scales each row of the weight'],
  [/\.hada_/, 'LoHa (LyCORIS), a product of two low-rank sums'],
  [/\.lokr_/, 'LoKr (LyCORIS), a Kronecker product'],
  [/\.lora_mid\./, 'LoCon in Tucker form (LyCORIS), a product of three'],
  [/\.(oft_blocks|oft_diag|oft_R|boft_R)/, 'OFT (LyCORIS, PEFT), a rotation'],
  [/\.(on_input|ia3_l)/, 'IA3 (LyCORIS, PEFT), a scale for each channel'],
  [/\.(a1|a2|b1|b2)\.weight$/, 'GLoRA (LyCORIS)'],
  [/\.(diff|diff_b|w_norm|b_norm)$/, 'full differences of weights (LyCORIS)'],
  [/\.lora_(embedding_[AB]|(A|B|up|down)(\.[^.]+)?\.bias$)/, 'LoRA with biases or on embeddings'],
  [/^base_model\.model\./, "PEFT's own folders, whose alphas stand in another file; save it with diffusers' save_lora_weights"],
  [/^(model\.diffusion_model|first_stage_model|cond_stage_model)\./, 'a whole model, for --model'],
  [/^bundle_emb\./, 'embeddings bundled with the LoRA; save them to files of their own for --embedding'],
];

/** Splits a key. Throws an AdapterError that names the key where it is no plain LoRA's. */
export const splitKey = (file: string, key: string): { readonly module: string; readonly role: Role } => {
  for (const [sign, method] of OTHER_METHODS) {
    if (sign.test(key)) throw new AdapterError(`${file}: ${key} belongs to ${method}; only plain LoRA is supported`);
  }
  for (const [ending, role] of ENDINGS) {
    const module = key.replace(ending, '');
    if (module !== key) return { module, role };
  }
  throw new AdapterError(`${file}: ${key} is no key of a LoRA (kohya, PEFT or diffusers)`);
};
