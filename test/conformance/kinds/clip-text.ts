// Kind clip-text: hidden states of the text encoder, perhaps without its last layers; and of SDXL's two, with the pooled state.
import { clipText, clipTextConfig } from '../../../models/networks/clip-text.ts';
import { openNetworkFolder } from '../../../models/networks/folder.ts';
import { PENULTIMATE } from '../../../models/open/text-parts.ts';
import type { Tensor } from '../../../models/tensor.ts';
import { sideBySide } from '../../../models/text-encoders.ts';
import { type Case, type Context, integers, type KindCheck, unknownIn } from '../case.ts';
import { compare } from '../compare.ts';
import { runOnce } from '../networks.ts';

/** `penultimate`, and `text_embeds` of an encoder with a projection. */
const readInner = async (c: Case, folder: string, ids: string, context: Context): Promise<Record<string, Tensor>> => {
  const { config, weights } = await openNetworkFolder(folder);
  const leftOut = PENULTIMATE + Number(c.options.clip_skip);
  const pooled = [...weights.names()].some(name => name.startsWith('text_projection'));
  const graph = clipText(clipTextConfig(config), weights, { inner: { leftOut: [leftOut], pooled } });
  const outputs = await runOnce(graph, { input_ids: integers(c, ids) }, context);
  return { penultimate: outputs[`states.${leftOut}`]!, ...(pooled && { text_embeds: outputs.pooled! }) };
};

export const check: KindCheck = async (c, context) => {
  const skipped = unknownIn(c, { clip_skip: 'number' }, ['input_ids', 'input_ids_2']);
  if (skipped) return { skipped };
  const folder = c.model ?? '';
  const sdxl = 'needs' in c.options;
  const first = sdxl ? await readInner(c, folder, 'input_ids', context) : {};
  if (typeof c.models.second === 'string') {
    const second = await readInner(c, c.models.second, 'input_ids_2', context);
    const states = sideBySide([first.penultimate!, second.penultimate!]);
    return compare(c, { encoder_hidden_states: states, text_embeds: second.text_embeds! });
  }
  const { config, weights } = await openNetworkFolder(folder);
  // SDXL's cases tell the last states of the whole encoder
  const graph = clipText(clipTextConfig(config), weights, { clipSkip: sdxl ? 0 : (c.options.clip_skip as number) });
  return compare(c, { ...first, ...(await runOnce(graph, { input_ids: integers(c, 'input_ids') }, context)) });
};
