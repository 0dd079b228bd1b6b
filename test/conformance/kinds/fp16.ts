// Kind fp16: components in half precision, with a word for it in their names. The case's folder has neither tokenizer nor scheduler.
import { join } from 'node:path';
import { makeAutoencoder } from '../../../models/networks/autoencoder.ts';
import { clipText, clipTextConfig } from '../../../models/networks/clip-text.ts';
import { openNetworkFolder } from '../../../models/networks/folder.ts';
import { unetConfig } from '../../../models/networks/unet-config.ts';
import { unet2d } from '../../../models/networks/unet2d.ts';
import { type KindCheck, unknownIn } from '../case.ts';
import { compare } from '../compare.ts';
import { runWhole, WHOLE_INPUTS } from '../whole-model.ts';

export const check: KindCheck = async (c, context) => {
  const skipped = unknownIn(c, { variant: 'any', dtype: ['float16', 'bfloat16', 'float32', 'float64'] }, WHOLE_INPUTS);
  if (skipped) return { skipped };
  const variant = c.options.variant ? String(c.options.variant) : undefined;
  const [unet, vae, text] = await Promise.all(
    ['unet', 'vae', 'text_encoder'].map(part => openNetworkFolder(join(c.model ?? '', part), variant)),
  );
  const model = {
    unet: { graph: unet2d(unetConfig(unet!.config), unet!.weights, { freeu: 'off' }) },
    autoencoder: makeAutoencoder(vae!),
    texts: [{ graph: clipText(clipTextConfig(text!.config), text!.weights) }],
  };
  return compare(c, await runWhole(c, model, context));
};
