// Occlusion, soft masks and masks on the latent's grid.
import { tensor } from '../../../models/tensor.ts';
import { occlusion as occluded } from '../../../stages/flow/consistency.ts';
import { flatRegion } from '../../../stages/keyframes/inpaint-mix.ts';
import { hiddenInBoth, inverted, latentMask as maskOf, softMask as soft } from '../../../stages/keyframes/masks.ts';
import { floats } from '../case.ts';
import { flow, type Op } from './op.ts';

export const occlusion: Op = {
  options: {},
  run: c => {
    const [, height = 1, width = 1] = floats(c, 'forward_flow').dims;
    const [f, b] = [flow(c, 'forward_flow'), flow(c, 'backward_flow')];
    const mask = (a: Float32Array, back: Float32Array) => tensor([height, width], Float32Array.from(occluded(a, back, width, height)));
    return { forward_occlusion: mask(f, b), backward_occlusion: mask(b, f) };
  },
};

export const softMask: Op = { options: {}, run: c => ({ mask: soft(floats(c, 'occlusion')) }) };

export const latentMask: Op = {
  options: {},
  run: c => {
    const [previous, anchor] = [floats(c, 'occlusion_previous'), floats(c, 'occlusion_anchor')];
    return { visible: inverted(soft(hiddenInBoth(previous, anchor))), mask: maskOf(previous, anchor, 8) };
  },
};

export const smoothBoundary: Op = { options: {}, run: c => ({ flat: flatRegion(floats(c, 'mask')) }) };
