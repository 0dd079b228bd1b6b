// What a key frame should look like in pixels: the anchor and the previous key frame pulled here,
// and its own drawing where both are hidden.
import { type Tensor, tensor } from '../../models/tensor.ts';
import { planesOf } from './warp.ts';

/** A drawn key frame pulled to the present one, and the soft mask [h, w] of where that cannot be trusted. */
export type Pulled = { readonly image: Tensor; readonly mask: Tensor };

/**
 * What a key frame should look like in pixels: (1 - m0) W0 + m0 ((1 - mp) Wp + mp D). The anchor W0 wins over the previous key frame Wp,
 * that over the direct drawing D [1, 3, h, w]; m0 and mp are their soft masks.
 */
export const pixelFusion = (anchor: Pulled, previous: Pulled, direct: Tensor): Tensor => {
  const { count, height, width } = planesOf(direct);
  const size = height * width;
  const out = tensor(direct.dims);
  for (let c = 0, i = 0; c < count; c++) {
    for (let p = 0; p < size; p++, i++) {
      const m0 = anchor.mask.data[p]!;
      const mp = previous.mask.data[p]!;
      out.data[i] = (1 - m0) * anchor.image.data[i]! + m0 * ((1 - mp) * previous.image.data[i]! + mp * direct.data[i]!);
    }
  }
  return out;
};
