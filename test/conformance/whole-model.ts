// Every network of a model once, for kinds that read the same networks from other forms of files.
import type { ModelFolder } from '../../models/open/model-folder.ts';
import type { TextPart } from '../../models/open/text-parts.ts';
import type { Tensor } from '../../models/tensor.ts';
import { sideBySide } from '../../models/text-encoders.ts';
import { type Case, type Context, floats, integers } from './case.ts';
import { NETWORK_INPUTS, runOnce, unetFeeds } from './networks.ts';

/** Inputs that such cases have. */
export const WHOLE_INPUTS = [...NETWORK_INPUTS, 'input_ids', 'input_ids_2', 'image', 'latent'];

/** The networks that are run. */
export type WholeModel = Pick<ModelFolder, 'autoencoder'> & {
  readonly unet: Pick<ModelFolder['unet'], 'graph'>;
  readonly texts: readonly Pick<TextPart, 'graph'>[];
};

/** What the U-Net reads of texts: `last_hidden_state`, or with SDXL `text_states` and `pooled`. */
export const runTexts = async (c: Case, texts: WholeModel['texts'], context: Context): Promise<Record<string, Tensor>> => {
  const outputs: Record<string, Tensor>[] = [];
  const names = texts.length > 1 ? ['input_ids', 'input_ids_2'] : [c.inputs.input_ids ? 'input_ids' : 'input_ids_2'];
  for (const [i, { graph }] of texts.entries()) outputs.push(await runOnce(graph, { input_ids: integers(c, names[i]!) }, context));
  const { last_hidden_state, pooled } = outputs.at(-1)!;
  if (last_hidden_state) return { last_hidden_state };
  return { text_states: sideBySide(outputs.map(each => each['states.1']!)), pooled: pooled! };
};

/** `sample`, what {@link runTexts} tells, and the autoencoder's `mean`, `logvar` and `image`. */
export const runWhole = async (c: Case, { unet, texts, autoencoder }: WholeModel, context: Context): Promise<Record<string, Tensor>> => {
  const { eps } = await runOnce(unet.graph, unetFeeds(unet.graph, c), context);
  const read = await runTexts(c, texts, context);
  const { mean, logvar } = await runOnce(autoencoder.encoder, { image: floats(c, 'image') }, context);
  const { image } = await runOnce(autoencoder.decoder, { latent: floats(c, 'latent') }, context);
  return { sample: eps!, ...read, mean: mean!, logvar: logvar!, image: image! };
};
