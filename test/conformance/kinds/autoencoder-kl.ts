// Kind autoencoder-kl: picture to the moments of its latent, and latent to picture.
import { autoencoderKLConfig, autoencoderKLDecoder, autoencoderKLEncoder } from '../../../models/networks/autoencoder-kl.ts';
import { openNetworkFolder } from '../../../models/networks/folder.ts';
import { floats, type KindCheck, unknownIn } from '../case.ts';
import { compare } from '../compare.ts';
import { runOnce } from '../networks.ts';

export const check: KindCheck = async (c, context) => {
  const skipped = unknownIn(c, { direction: ['encode', 'decode'] }, ['image', 'latent']);
  if (skipped) return { skipped };
  const { config, weights } = await openNetworkFolder(c.model ?? '');
  const shape = autoencoderKLConfig(config);
  if (c.options.direction === 'encode') {
    return compare(c, await runOnce(autoencoderKLEncoder(shape, weights), { image: floats(c, 'image') }, context));
  }
  return compare(c, await runOnce(autoencoderKLDecoder(shape, weights), { latent: floats(c, 'latent') }, context));
};
