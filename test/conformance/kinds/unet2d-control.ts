// Kind unet2d-control: the U-Net guided by the sum of one or several ControlNets.
import type { Tensor } from '../../../models/tensor.ts';
import { floats, type KindCheck, unknownIn } from '../case.ts';
import { compare } from '../compare.ts';
import { controlResiduals, NETWORK_INPUTS, openUNet, runOnce, unetFeeds } from '../networks.ts';

const plus = (a: Tensor, b: Tensor): Tensor => ({ dims: a.dims, data: a.data.map((x, i) => x + (b.data[i] as number)) });

export const check: KindCheck = async (c, context) => {
  const skipped = unknownIn(c, { conditioning_scales: 'numbers' }, [...NETWORK_INPUTS, /^controlnet_cond\.\d+$/]);
  if (skipped) return { skipped };
  const scales = c.options.conditioning_scales as number[];
  const folders = [c.models.controlnets ?? []].flat();
  let sums: Tensor[] = [];
  for (const [i, folder] of folders.entries()) {
    const how = { scale: scales[i] as number, guess: false };
    const residuals = await controlResiduals(folder, c, floats(c, `controlnet_cond.${i}`), how, context);
    sums = sums.length === 0 ? residuals : sums.map((sum, k) => plus(sum, residuals[k] as Tensor));
  }
  const graph = await openUNet(c.model);
  const { eps: guided } = await runOnce(graph, unetFeeds(graph, c, undefined, sums), context);
  const { eps: plain } = await runOnce(graph, unetFeeds(graph, c), context);
  return compare(c, { sample: guided as Tensor, sample_without_control: plain as Tensor });
};
