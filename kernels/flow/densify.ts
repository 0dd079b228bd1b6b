// From the places of patches to the motion of every pixel: the mean over the patches that cover it, weighted by how well each explains it
// (Kroeger et al. 2016, equation 3).
import { inside, MARGIN } from './pyramid';
import { between, clamped, PATCH, patchAt, patchesAlong } from './search';

/**
 * @param found interleaved f32 x, y a patch
 * @param sums scratch of three planes of width x height + 8 floats
 * @param flow interleaved f32 x, y a pixel
 */
export function densify(first: usize, second: usize, width: i32, height: i32, found: usize, sums: usize, flow: usize): void {
  const stride = <usize>(width + 2 * MARGIN) << 2;
  const plane = <usize>(width * height + 8) << 2;
  const line = <usize>width << 2;
  memory.fill(sums, 0, 3 * plane);
  const columns = patchesAlong(width);
  const rows = patchesAlong(height);
  const picture = inside(second, width);
  const one = f32x4.splat(1);
  for (let row = 0; row < rows; row++) {
    const py = patchAt(row, height);
    for (let column = 0; column < columns; column++, found += 8) {
      const px = patchAt(column, width);
      const u = load<f32>(found);
      const v = load<f32>(found, 4);
      const x = clamped(<f32>px + u, <f32>(width - PATCH));
      const y = clamped(<f32>py + v, <f32>(height - PATCH));
      const i = Mathf.floor(x);
      const j = Mathf.floor(y);
      const s = f32x4.splat(x - i);
      const t = f32x4.splat(y - j);
      const us = f32x4.splat(u);
      const vs = f32x4.splat(v);
      const patch = inside(first, width) + <usize>py * stride + (<usize>px << 2);
      const start = picture + <usize>(<i32>j * <i32>stride + (<i32>i << 2));
      for (let half: usize = 0; half < 32; half += 16) {
        let at = start + half;
        let from = patch + half;
        let to = sums + (<usize>(py * width + px) << 2) + half;
        let top = between(at, s);
        for (let r = 0; r < PATCH; r++) {
          at += stride;
          const low = between(at, s);
          const d = f32x4.sub(f32x4.add(top, f32x4.mul(t, f32x4.sub(low, top))), v128.load(from));
          const w = f32x4.div(one, f32x4.add(one, f32x4.mul(d, d)));
          v128.store(to, f32x4.add(v128.load(to), f32x4.mul(w, us)));
          v128.store(to + plane, f32x4.add(v128.load(to + plane), f32x4.mul(w, vs)));
          v128.store(to + 2 * plane, f32x4.add(v128.load(to + 2 * plane), w));
          top = low;
          from += stride;
          to += line;
        }
      }
    }
  }
  for (let p = 0; p < width * height; p++, sums += 4, flow += 8) {
    const w = load<f32>(sums + 2 * plane);
    store<f32>(flow, load<f32>(sums) / w);
    store<f32>(flow, load<f32>(sums + plane) / w, 4);
  }
}
