// Kind controlnet: the scaled residuals of one ControlNet.
import { floats, type KindCheck, unknownIn } from '../case.ts';
import { compare } from '../compare.ts';
import { controlResiduals, NETWORK_INPUTS } from '../networks.ts';

export const check: KindCheck = async (c, context) => {
  const skipped = unknownIn(c, { conditioning_scale: 'number', guess_mode: [true, false] }, [...NETWORK_INPUTS, 'controlnet_cond']);
  if (skipped) return { skipped };
  const how = { scale: c.options.conditioning_scale as number, guess: c.options.guess_mode === true };
  const residuals = await controlResiduals(c.model ?? '', c, floats(c, 'controlnet_cond'), how, context);
  const last = residuals.length - 1;
  return compare(c, Object.fromEntries(residuals.map((residual, k) => [k === last ? 'mid_residual' : `down_residual.${k}`, residual])));
};
