// Where the backbone meets a skip: the one place in which FreeU and the ControlNets' residuals act on the way up.

import type { Graph } from '../../onnx/graph.ts';
import { addBroadcast } from '../../onnx/ops/arithmetic.ts';
import { concat, rows } from '../../onnx/ops/shape.ts';
import type { Value } from '../../onnx/value.ts';
import { type FreeU, type FreeUOrder, scaleBackbone, strengthAt } from './freeu.ts';
import { filterSkip } from './freeu-skip.ts';
import type { JoinSkip } from './unet-path.ts';

export type JoinOptions = {
  /** Channels of the first level, by which FreeU finds its stages. */
  readonly firstChannels: number;
  /** Undefined: the graph has no FreeU. */
  readonly freeu: FreeU | undefined;
  /** A ControlNet residual for each skip in push order; none where the network takes none. */
  readonly controls?: readonly Value[];
  /** Default `'before-control'`. */
  readonly freeuOrder?: FreeUOrder;
  /**
   * Adds outputs `freeu.SITE.backbone`, `.backbone_scaled`, `.skip` and `.skip_filtered` [n, c, h, w], SITE being
   * `up_blocks.I.resnets.J`.
   */
  readonly probes?: boolean;
};

/** cat(scale(x), filter(skip) + control), or cat(scale(x), filter(skip + control)). */
export const skipJoin = (
  g: Graph,
  { firstChannels, freeu, controls = [], freeuOrder = 'before-control', probes = false }: JoinOptions,
): JoinSkip => {
  return (x, pushed, { block, layer }, k) => {
    const skip = rows(pushed, x.dim(0));
    const control = controls[k];
    const strength = freeu && strengthAt(freeu, block, x.size(1), firstChannels);
    const before = control && freeuOrder === 'after-control' ? addBroadcast(skip, control) : skip;
    const filtered = strength ? filterSkip(before, strength.s, { high: strength.high, cutoff: strength.form?.cutoff }) : before;
    const backbone = strength ? scaleBackbone(x, strength) : [x];
    if (strength && probes) {
      const features = { backbone: x, backbone_scaled: concat(backbone, 1), skip: before, skip_filtered: filtered };
      for (const [what, value] of Object.entries(features)) g.output(`freeu.up_blocks.${block}.resnets.${layer}.${what}`, value);
    }
    const after = control && freeuOrder === 'before-control' ? addBroadcast(filtered, control) : filtered;
    return concat([...backbone, after], 1);
  };
};
