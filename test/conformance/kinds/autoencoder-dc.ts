// Kind autoencoder-dc: picture to latent and back, scales by shuffling.
import { autoencoderDCConfig, autoencoderDCDecoder, autoencoderDCEncoder } from '../../../models/networks/autoencoder-dc.ts';
import { openNetworkFolder } from '../../../models/networks/folder.ts';
import { floats, type KindCheck, unknownIn } from '../case.ts';
import { compare } from '../compare.ts';
import { runOnce } from '../networks.ts';

export const check: KindCheck = async (c, context) => {
  const skipped = unknownIn(c, { direction: ['encode', 'decode'] }, ['image', 'latent']);
  if (skipped) return { skipped };
  const { config, weights } = await openNetworkFolder(c.model ?? '');
  const shape = autoencoderDCConfig(config);
  if (c.options.direction === 'encode') {
    return compare(c, await runOnce(autoencoderDCEncoder(shape, weights), { image: floats(c, 'image') }, context));
  }
  return compare(c, await runOnce(autoencoderDCDecoder(shape, weights), { latent: floats(c, 'latent') }, context));
};
