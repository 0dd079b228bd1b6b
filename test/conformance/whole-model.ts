// Every network of a model once, for kinds that read the same networks from other forms of files.
import type { ModelFolder } from '../../models/open/model-folder.ts';
import type { Tensor } from '../../models/tensor.ts';
import { type Case, type Context, floats, integers } from './case.ts';
import { NETWORK_INPUTS, runOnce, unetFeeds } from './networks.ts';

/** Inputs that such cases have. */
export const WHOLE_INPUTS = [...NETWORK_INPUTS, 'input_ids', 'image', 'latent'];

/** The networks that are run. */
export type WholeModel = Pick<ModelFolder, 'autoencoder'> & {
  readonly unet: Pick<ModelFolder['unet'], 'graph'>;
  readonly text: Pick<ModelFolder['text'], 'graph'>;
};

/** `sample`, `last_hidden_state`, and the autoencoder's `mean`, `logvar` and `image`. */
export const runWhole = async (c: Case, { unet, text, autoencoder }: WholeModel, context: Context): Promise<Record<string, Tensor>> => {
  const { eps } = await runOnce(unet.graph, unetFeeds(unet.graph, c), context);
  const states = await runOnce(text.graph, { input_ids: integers(c, 'input_ids') }, context);
  const { mean, logvar } = await runOnce(autoencoder.encoder, { image: floats(c, 'image') }, context);
  const { image } = await runOnce(autoencoder.decoder, { latent: floats(c, 'latent') }, context);
  return { sample: eps!, last_hidden_state: states.last_hidden_state!, mean: mean!, logvar: logvar!, image: image! };
};
