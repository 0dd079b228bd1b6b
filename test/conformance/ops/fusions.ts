// Warps and what is fused from their results.
import type { Tensor } from '../../../models/tensor.ts';
import { channelStatistics, adain as normalised } from '../../../stages/keyframes/adain.ts';
import { fidelityTarget } from '../../../stages/keyframes/fidelity.ts';
import { inpaintMix as mixed, planMix } from '../../../stages/keyframes/inpaint-mix.ts';
import { pixelFusion as fused } from '../../../stages/keyframes/pixel-fusion.ts';
import { warpBilinear as bilinear, warpNearest as nearest } from '../../../stages/keyframes/warp.ts';
import { type Case, floats } from '../case.ts';
import { flow, number, type Op, pixels, planar } from './op.ts';

const warp = (by: (values: Tensor, flow: Float32Array) => Tensor): Op => ({
  options: {},
  run: c => ({ warped: by(floats(c, 'values'), flow(c, 'flow')) }),
});

export const warpBilinear = warp(bilinear);
export const warpNearest = warp(nearest);

export const adain: Op = {
  options: {},
  run: c => {
    const { mean, std } = channelStatistics(floats(c, 'anchor_x0'), 'unbiased');
    const list = (data: Float64Array) => ({ dims: [data.length], data });
    return { x0: normalised(floats(c, 'x0'), floats(c, 'anchor_x0')), anchor_mean: list(mean), anchor_std: list(std) };
  },
};

export const pixelFusion: Op = {
  options: {},
  run: c => {
    const pulled = (who: string) => ({ image: planar(floats(c, `warped_${who}`)), mask: floats(c, `mask_${who}`) });
    return { blend: pixels(fused(pulled('anchor'), pulled('previous'), planar(floats(c, 'direct')))) };
  },
};

export const fidelity: Op = {
  options: {},
  run: c => {
    const part = (name: string) => floats(c, name);
    return fidelityTarget({ z: part('z'), z2: part('z2'), trial: part('trial'), blend: part('blend'), mask: part('mask') });
  },
};

const mixOf = (c: Case) => {
  const smooth = c.options.smooth_boundary === true;
  return planMix(floats(c, 'target'), floats(c, 'mask'), {
    strength: number(c, 'mask_strength'),
    inner: number(c, 'inner_strength'),
    smooth,
  });
};

export const inpaintMix: Op = {
  options: { alpha_bar: 'number', mask_strength: 'number', inner_strength: 'number', smooth_boundary: [true, false] },
  run: c => {
    const mix = mixOf(c);
    const state = { x: floats(c, 'x'), direction: floats(c, 'direction'), noise: floats(c, 'noise'), alphaBar: number(c, 'alpha_bar') };
    return { x: mixed(mix, state), r: mix.boost };
  },
};
