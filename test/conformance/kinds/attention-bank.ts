// Kind attention-bank: the U-Net recording its self-attention of the way up, and attending to what others recorded.
import { attentionLayers } from '../../../models/networks/attention-layers.ts';
import { openNetworkFolder } from '../../../models/networks/folder.ts';
import { unetConfig } from '../../../models/networks/unet-config.ts';
import { unet2d } from '../../../models/networks/unet2d.ts';
import type { Tensor } from '../../../models/tensor.ts';
import { crossFrameBank, type Memory } from '../../../stages/keyframes/memory.ts';
import { type Case, floats, type KindCheck, unknownIn } from '../case.ts';
import { compare } from '../compare.ts';
import { controlResiduals, type FreeURules, freeuRules, NETWORK_INPUTS, NEUTRAL, runOnce, type Strengths, unetFeeds } from '../networks.ts';

type Options = {
  readonly mode: 'record' | 'attend';
  readonly loose: boolean;
  readonly layers: readonly string[];
  readonly conditioning_scale?: number;
  readonly freeu?: Strengths & FreeURules;
};

const OPTIONS = { mode: ['record', 'attend'], loose: [true, false], layers: 'any', freeu: 'any', conditioning_scale: 'number' } as const;

export const check: KindCheck = async (c, context) => {
  const skipped = unknownIn(c, OPTIONS, [...NETWORK_INPUTS, 'controlnet_cond', /^(anchor|previous)\./]);
  if (skipped) return { skipped };
  const { mode, loose, layers, freeu, conditioning_scale: scale = 1 } = c.options as Options;
  if (c.model === undefined) return { skipped: 'it names no model' };
  const { config, weights } = await openNetworkFolder(c.model);
  const settings = unetConfig(config);
  const graph = unet2d(settings, weights, freeu && freeuRules(freeu));
  const chosen = attentionLayers(settings).flatMap(({ widest }, j) => (loose && widest ? [] : [j]));
  if (chosen.length !== layers.length) throw new Error(`${chosen.length} layers are chosen, the case names ${layers.length}`);

  const hint = 'controlnet_cond' in c.inputs ? floats(c, 'controlnet_cond') : undefined;
  const residuals = hint ? await controlResiduals(String(c.models.controlnet), c, hint, { scale, guess: false }, context) : [];
  const feeds = unetFeeds(graph, c, freeu ?? NEUTRAL, residuals);
  if (mode === 'attend') {
    const memory = (who: string): Memory => ({
      id: who,
      states: async () => banksOf(c, who, chosen, layers),
      clean: () => Promise.reject(new Error('attention asks for no clean latents')),
    });
    const bank = await crossFrameBank(0, memory('anchor'), memory('previous'));
    bank.states.forEach((states, j) => {
      if (!states) return;
      feeds[`bank.${j}`] = states;
      feeds[`n_self.${j}`] = { dims: [1], data: BigInt64Array.of(BigInt(bank.ownTokens)) };
    });
  }
  const outputs = await runOnce(graph, feeds, context);
  const states = layers.map((name, k) => [`state.${name}`, outputs[`state.${chosen[k]}`] as Tensor] as const);
  return compare(c, { sample: outputs.eps as Tensor, ...Object.fromEntries(states) });
};

const banksOf = (c: Case, who: string, chosen: readonly number[], layers: readonly string[]): (Tensor | undefined)[] => {
  const out: (Tensor | undefined)[] = [];
  chosen.forEach((j, k) => {
    out[j] = floats(c, `${who}.${layers[k]}`);
  });
  return Array.from(out);
};
