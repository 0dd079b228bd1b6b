// Kind rerender-ops: the operators of Rerender A Video, each in the file of its subject under ops/.
import { type KindCheck, unknownIn } from '../case.ts';
import { compare } from '../compare.ts';
import { adain, fidelity, inpaintMix, pixelFusion, warpBilinear, warpNearest } from '../ops/fusions.ts';
import { latentMask, occlusion, smoothBoundary, softMask } from '../ops/masks.ts';
import type { Op } from '../ops/op.ts';
import { injection, resizeRule, windows } from '../ops/rules.ts';
import { blendOps } from '../rerender-blend.ts';

const ops: Readonly<Record<string, Op>> = {
  adain,
  fidelity,
  'injection-step': injection,
  'inpaint-mix': inpaintMix,
  'latent-mask': latentMask,
  occlusion,
  'pixel-fusion': pixelFusion,
  'resize-rule': resizeRule,
  'smooth-boundary': smoothBoundary,
  'soft-mask': softMask,
  'warp-bilinear': warpBilinear,
  'warp-nearest': warpNearest,
  windows,
  'min-error-mask': { options: { n: 'number', interval: 'number' }, run: blendOps['min-error-mask']! },
  'histogram-blend': { options: { w1: 'number' }, run: blendOps['histogram-blend']! },
  poisson: { options: {}, run: blendOps.poisson! },
};

export const check: KindCheck = async c => {
  const op = ops[String(c.options.op)];
  const skipped = unknownIn(c, { op: Object.keys(ops), ...op?.options }, [/./]);
  if (skipped || !op) return { skipped: skipped ?? 'unknown' };
  return compare(c, op.run(c));
};
