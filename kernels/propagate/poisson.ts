// Screened Poisson by Chebyshev's semi-iteration. Twin: test/stages/plain/fusion.ts.
//
//   minimise k |D x - g|^2 + |x - I|^2,   so (1 + k L) x = I + k D'g,   L = D'D with eigenvalues in [0, 8]
//
// Started from x = I the residual is k D'(g - D I). Planes are f32; `r`, `d` and `next` have a border of one pixel (stride width + 2).

/** The gradient that is asked for less the one that is there, at a difference whose first pixel is p. */
// @ts-ignore: decorator
@inline
function lack(image: usize, a: usize, b: usize, share: usize, trust: usize, p: usize, step: usize, clip: f32): f32 {
  const s = load<f32>(share + p);
  const da = load<f32>(a + p + step) - load<f32>(a + p);
  const db = load<f32>(b + p + step) - load<f32>(b + p);
  const g = max<f32>(-clip, min<f32>(clip, da + s * (db - da)));
  return load<f32>(trust + p) * (g - (load<f32>(image + p + step) - load<f32>(image + p)));
}

/** `lack` of four differences side by side. */
// @ts-ignore: decorator
@inline
function lack4(image: usize, a: usize, b: usize, share: usize, trust: usize, p: usize, step: usize, clip: v128): v128 {
  const da = f32x4.sub(v128.load(a + p + step), v128.load(a + p));
  const db = f32x4.sub(v128.load(b + p + step), v128.load(b + p));
  const mixed = f32x4.add(da, f32x4.mul(v128.load(share + p), f32x4.sub(db, da)));
  const g = f32x4.max(f32x4.neg(clip), f32x4.min(clip, mixed));
  return f32x4.mul(v128.load(trust + p), f32x4.sub(g, f32x4.sub(v128.load(image + p + step), v128.load(image + p))));
}

/**
 * The residual at x = image.
 * @param a, b planes whose gradients are mixed by `share` (0: a, 1: b) at each difference's first pixel and clipped to +-`clip`
 * @param trust 0..1 a pixel: where 0 the image keeps its own gradient
 */
export function lacking(
  image: usize, a: usize, b: usize, share: usize, trust: usize, width: i32, height: i32, k: f32, clip: f32, r: usize,
): void {
  const below = <usize>width << 2;
  const stride = (<usize>width + 2) << 2;
  const k4 = f32x4.splat(k);
  const clip4 = f32x4.splat(clip);
  const zero = f32x4.splat(0);
  for (let y = 0; y < height; y++) {
    const inside = y > 0 && y < height - 1;
    for (let x = 0; x < width; x++) {
      const p = <usize>(y * width + x) << 2;
      const to = r + <usize>(y + 1) * stride + (<usize>(x + 1) << 2);
      if (inside && x > 0 && x + 4 < width) {
        let sums = f32x4.add(zero, lack4(image, a, b, share, trust, p - 4, 4, clip4));
        sums = f32x4.sub(sums, lack4(image, a, b, share, trust, p, 4, clip4));
        sums = f32x4.add(sums, lack4(image, a, b, share, trust, p - below, below, clip4));
        sums = f32x4.sub(sums, lack4(image, a, b, share, trust, p, below, clip4));
        v128.store(to, f32x4.mul(k4, sums));
        x += 3;
        continue;
      }
      let sum: f32 = 0;
      if (x > 0) sum += lack(image, a, b, share, trust, p - 4, 4, clip);
      if (x < width - 1) sum -= lack(image, a, b, share, trust, p, 4, clip);
      if (y > 0) sum += lack(image, a, b, share, trust, p - below, below, clip);
      if (y < height - 1) sum -= lack(image, a, b, share, trust, p, below, clip);
      store<f32>(to, k * sum);
    }
  }
}

/** Repeats the outermost pixels of row y, and of a first or last row the row itself, into the border: Neumann. */
// @ts-ignore: decorator
@inline
function edge(d: usize, y: i32, width: i32, height: i32): void {
  const stride = (<usize>width + 2) << 2;
  const row = d + <usize>y * stride;
  store<f32>(row, load<f32>(row + 4));
  store<f32>(row + stride - 4, load<f32>(row + stride - 8));
  if (y == 1) memory.copy(d, row, stride);
  if (y == height) memory.copy(row + stride, row, stride);
}

/** Row y of a sweep: image += d; r -= (1 + k L) d; next = keep d + gain r. `x` is the row in the image. */
function sweepRow(
  x: usize, at: usize, width: i32, stride: usize, centre: f32, k: f32, keep: f32, gain: f32, r: usize, d: usize, next: usize,
): void {
  const end = at + (<usize>width << 2);
  const k4 = f32x4.splat(k);
  const centre4 = f32x4.splat(centre);
  const keep4 = f32x4.splat(keep);
  const gain4 = f32x4.splat(gain);
  for (; at + 16 <= end; at += 16, x += 16) {
    const q = d + at;
    const here = v128.load(q);
    const around = f32x4.add(f32x4.add(v128.load(q - 4), v128.load(q + 4)), f32x4.add(v128.load(q - stride), v128.load(q + stride)));
    v128.store(x, f32x4.add(v128.load(x), here));
    const rest = f32x4.sub(v128.load(r + at), f32x4.sub(f32x4.mul(centre4, here), f32x4.mul(k4, around)));
    v128.store(r + at, rest);
    v128.store(next + at, f32x4.add(f32x4.mul(keep4, here), f32x4.mul(gain4, rest)));
  }
  for (; at < end; at += 4, x += 4) {
    const q = d + at;
    const here = load<f32>(q);
    const around = (load<f32>(q - 4) + load<f32>(q + 4)) + (load<f32>(q - stride) + load<f32>(q + stride));
    store<f32>(x, load<f32>(x) + here);
    const rest = load<f32>(r + at) - (centre * here - k * around);
    store<f32>(r + at, rest);
    store<f32>(next + at, keep * here + gain * rest);
  }
}

/**
 * image += the solution of (1 + k L) d = r, in `sweeps` sweeps. `d` and `next` are scratch.
 *
 * A sweep reads rows y - 1 .. y + 1 of the one before it, so each follows a row behind: all sweeps go down the image together, over rows
 * that are still in the cache. What sweep s writes (row y of its successor's d) lies where d of sweep s - 1 was,
 * which is past row y by then.
 */
export function solve(image: usize, width: i32, height: i32, k: f32, sweeps: i32, r: usize, d: usize, next: usize): void {
  const stride = (<usize>width + 2) << 2;
  const centre: f32 = <f32>1 + <f32>4 * k;
  const delta: f32 = <f32>4 * k;
  const sigma: f32 = centre / delta;
  for (let y = 1; y <= height; y++) {
    for (let at = <usize>y * stride + 4, end = at + (<usize>width << 2); at < end; at += 4) store<f32>(d + at, load<f32>(r + at) / centre);
    edge(d, y, width, height);
  }
  for (let front = 1; front < height + sweeps; front++) {
    let rho: f32 = <f32>1 / sigma;
    for (let sweep = 0; sweep < sweeps; sweep++) {
      const ahead: f32 = <f32>1 / (<f32>2 * sigma - rho);
      const y = front - sweep;
      if (y >= 1 && y <= height) {
        const even = (sweep & 1) == 0;
        const to = even ? next : d;
        const x = image + (<usize>((y - 1) * width) << 2);
        sweepRow(x, <usize>y * stride + 4, width, stride, centre, k, ahead * rho, <f32>2 * ahead / delta, r, even ? d : next, to);
        edge(to, y, width, height);
      }
      rho = ahead;
    }
  }
}
