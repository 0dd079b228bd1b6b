"""Procedural (non-photorealistic rendering) styles: the teacher of the mini model.

Every style is a deterministic function  rgb float32 [0,1] HxWx3 -> rgb float32 [0,1] HxWx3.
Texture sizes are in pixels and meant for images whose short side is 256..768.

Textures are what a network can predict, since it could only average a random one away: strokes grow out of the picture's own detail
(`detail`), which also ties them to surfaces; hatching, dots, tiles repeat with the 8 pixels of a latent (`strokes`); and the tints of tiles
with PERIOD = 64 pixels, the stride of the U-Net's deepest level.
"""
import cv2
import numpy as np

f32 = np.float32
PERIOD = 64  # px


# ---------------------------------------------------------------- helpers
def gauss(x, s):
    return cv2.GaussianBlur(x, (0, 0), s, borderType=cv2.BORDER_REFLECT)


def luma(x):
    return x @ np.array([0.299, 0.587, 0.114], f32)


def clip(x):
    return np.clip(x, 0, 1).astype(f32)


def sat(x, k):
    y = luma(x)[..., None]
    return clip(y + (x - y) * k)


def contrast(x, k, mid=0.5):
    return clip((x - mid) * k + mid)


def lerp(a, b, t):
    return a + (b - a) * t


def smoothstep(a, b, x):
    t = np.clip((x - a) / (b - a), 0, 1)
    return t * t * (3 - 2 * t)


def repeat(tile, shape):
    """Lay a PERIOD x PERIOD tile over a picture of that shape, from the upper left corner."""
    h, w = shape[:2]
    return np.tile(tile, (-(-h // PERIOD), -(-w // PERIOD)) + (1,) * (tile.ndim - 2))[:h, :w]


def noise(shape, scale, seed):
    """Smooth noise of zero mean and unit variance, periodic in PERIOD pixels; scale is the blur's sigma in pixels."""
    r = np.random.default_rng(seed).standard_normal((PERIOD, PERIOD)).astype(f32)
    if scale > 0:
        r = gauss(np.tile(r, (3, 3)), scale)[PERIOD:2 * PERIOD, PERIOD:2 * PERIOD]
    return repeat((r - r.mean()) / (r.std() + 1e-6), shape)


def auto_level(x, lo=1, hi=99, strength=0.7):
    y = luma(x)
    a, b = np.percentile(y[::4, ::4], [lo, hi])
    if b - a < 0.05:
        return x
    return clip(lerp(x, (x - a) / (b - a), strength))


def flat(x, n=2, sc=0.12, ss=9):
    """Edge-keeping smoothing (repeated bilateral filter at half size)."""
    h, w = x.shape[:2]
    s = cv2.resize(x, (w // 2, h // 2), interpolation=cv2.INTER_AREA)
    for _ in range(n):
        s = cv2.bilateralFilter(s, 7, sc, ss)
    s = cv2.resize(s, (w, h), interpolation=cv2.INTER_CUBIC)
    return clip(cv2.bilateralFilter(s, 5, sc, 3))


def tangent(x, sigma=4.0):
    """Edge tangent flow: unit vectors along the edges, and how much edge there is."""
    y = gauss(luma(x), 1.0)
    gx = cv2.Sobel(y, cv2.CV_32F, 1, 0)
    gy = cv2.Sobel(y, cv2.CV_32F, 0, 1)
    e, f, g = gauss(gx * gx, sigma), gauss(gx * gy, sigma), gauss(gy * gy, sigma)
    th = 0.5 * np.arctan2(2 * f, e - g) + np.pi / 2
    return np.cos(th).astype(f32), np.sin(th).astype(f32), np.sqrt(e + g)


def lic(img, vx, vy, length, step=1.5):
    """Line integral convolution of img along +-(vx,vy)."""
    h, w = vx.shape
    gx, gy = np.meshgrid(np.arange(w, dtype=f32), np.arange(h, dtype=f32))
    acc, n = img.astype(f32).copy(), 1.0
    for sgn in (1, -1):
        px, py = gx.copy(), gy.copy()
        dx, dy = vx * sgn, vy * sgn
        for _ in range(int(length / step)):
            px = px + dx * step
            py = py + dy * step
            acc += cv2.remap(img, px, py, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
            n += 1
            nx = cv2.remap(vx, px, py, cv2.INTER_NEAREST, borderMode=cv2.BORDER_REFLECT)
            ny = cv2.remap(vy, px, py, cv2.INTER_NEAREST, borderMode=cv2.BORDER_REFLECT)
            s = np.where(nx * dx + ny * dy < 0, -1.0, 1.0).astype(f32)
            dx, dy = nx * s, ny * s
    return acc / n


def unit(v):
    return np.clip(v / (v.std() + 1e-6), -2.5, 2.5)


def detail(y, s=1.0, S=4.0, floor=0.008):
    """The picture's own texture: its band between s and S pixels, of about unit variance wherever it exceeds `floor`.
    Strokes made of it lie on surfaces and move with them, and a network can see where they come from."""
    d = gauss(y, s) - gauss(y, S)
    return d / np.sqrt(gauss(d * d, 3 * S) + floor ** 2)


LATTICE = [(1, 0), (2, 1), (1, 1), (1, 2), (0, 1), (-1, 2), (-1, 1), (-2, 1)]


def strokes(vx, vy, sharp=6):
    """Stripes along (vx, vy) whose wave vectors lie on the lattice of 8-pixel cells: any stripe is one constant of the latents,
    so that a network only has to choose among eight of them."""
    h, w = vx.shape
    yy, xx = np.mgrid[0:h, 0:w].astype(f32)
    num, den = 0, 0
    for a, b in LATTICE:
        n = np.hypot(a, b)
        near = np.abs(vx * (-b / n) + vy * (a / n)) ** (2 * sharp)
        num = num + near * np.cos(2 * np.pi * (a * xx + b * yy) / 8 + a + 2 * b)
        den = den + near
    return num / den


def kuwahara(x, r=5):
    """Eight-sector Kuwahara filter: the oil-paint flatness."""
    yy, xx = np.mgrid[-r:r + 1, -r:r + 1].astype(f32)
    rad = np.sqrt(xx * xx + yy * yy)
    ang = np.arctan2(yy, xx)
    src = np.dstack([x, luma(x) ** 2]).astype(f32)
    num, den = np.zeros_like(x), np.zeros(x.shape[:2], f32)
    for i in range(8):
        d = np.angle(np.exp(1j * (ang - i * np.pi / 4))).astype(f32)
        ker = np.exp(-(d / 0.45) ** 2) * np.exp(-(rad / (0.65 * r)) ** 2)
        ker = ker * (rad <= r + 0.5)
        ker[r, r] = ker.max()
        ker /= ker.sum()
        m = cv2.filter2D(src, -1, ker, borderType=cv2.BORDER_REFLECT)
        var = np.maximum(m[..., 3] - luma(m[..., :3]) ** 2, 0)
        wgt = 1 / (1e-5 + var) ** 3
        num += m[..., :3] * wgt[..., None]
        den += wgt
    return clip(num / den[..., None])


def lines(x, sigma=1.3, thr=0.010, soft=0.012, flow=None):
    """Dark line map 0..1 (1 = line) from a difference of Gaussians: independent of brightness."""
    y = luma(x)
    d = gauss(y, sigma * 1.7) - gauss(y, sigma)
    if flow is not None:
        d = lic(d, flow[0], flow[1], 6)
    return smoothstep(thr, thr + soft, d)


def soft_quant(v, n, sharp=0.8):
    q = v * n
    b = np.floor(q)
    fr = q - b
    fr = smoothstep(0.5 - 0.5 * (1 - sharp), 0.5 + 0.5 * (1 - sharp) + 1e-3, fr)
    return (b + fr) / n


def to_hsv(x):
    return cv2.cvtColor(x.astype(f32), cv2.COLOR_RGB2HSV)


def from_hsv(h):
    return clip(cv2.cvtColor(h.astype(f32), cv2.COLOR_HSV2RGB))


def gmap(y, stops):
    """Gradient map of a luminance image; stops = [(pos, (r,g,b)), ...]."""
    p = [s[0] for s in stops]
    return np.dstack([np.interp(y, p, [s[1][c] for s in stops]) for c in range(3)]).astype(f32)


# ---------------------------------------------------------------- styles
def photo(x):
    return x


def blurry(x):
    """Only for captions such as 'blurry, low quality': it gives the negative prompt a direction."""
    y = gauss(sat(contrast(x, 0.85), 0.8), 2.6)
    return clip(y)


def watercolor(x):
    """Washes laid over each other, darker where they end."""
    x = auto_level(x, strength=0.5)
    d = detail(luma(x), 1.2, 6, 0.006)
    s = kuwahara(flat(x, 3, 0.10, 11), 5)
    s = sat(clip(lerp(s, gauss(s, 3), 0.2)), 1.4)
    y = luma(s)
    q = soft_quant(y, 7, 0.4)                           # washes laid one over the other
    s = clip(s * (1 + 0.5 * (q - y) / (y + 0.15))[..., None])
    s = (1 - (1 - s) * 0.84) ** 0.82                    # transparent pigment on white paper
    y = gauss(luma(s), 0.8)
    g = cv2.magnitude(cv2.Sobel(y, cv2.CV_32F, 1, 0), cv2.Sobel(y, cv2.CV_32F, 0, 1))
    edge = np.clip(gauss(g, 0.9) * 1.6, 0, 0.5)         # pigment gathers at the edges of a wash
    out = s ** (1 + 1.7 * edge - 0.10 * gauss(d, 1.2))[..., None]
    white = smoothstep(0.80, 0.97, gauss(luma(out), 2))[..., None]
    return clip(lerp(out, np.array([0.985, 0.975, 0.95], f32), white * 0.8))


def oil(x):
    """Thick paint: flat patches, bristles along the forms, lit from the upper left."""
    x = sat(contrast(auto_level(x, strength=0.6), 1.1), 1.4)
    k = kuwahara(kuwahara(x, 5), 4)
    vx, vy, _ = tangent(k, 5)
    k = lic(k, vx, vy, 9)
    st = unit(lic(detail(luma(x), 0.8, 3.5), vx, vy, 12))
    relief = gauss(luma(k), 1) + 0.10 * st
    lit = gauss(relief, 0.7) - np.roll(gauss(relief, 0.7), (2, 2), (0, 1))
    out = k * (1 + 0.06 * st)[..., None] + 0.42 * lit[..., None]
    return clip(lerp(out, out * np.array([1.04, 1.0, 0.9], f32), 0.7))


def vangogh(x):
    """Strokes that follow the forms; blue and yellow."""
    x = auto_level(x, strength=0.7)
    k = kuwahara(x, 4)
    vx, vy, mag = tangent(k, 8)
    wx, wy, _ = tangent(k, 28)
    m = smoothstep(0.02, 0.10, mag)
    a, b = np.arctan2(vy, vx) * 2, np.arctan2(wy, wx) * 2
    th = np.arctan2(np.sin(a) * m + np.sin(b) * (1 - m), np.cos(a) * m + np.cos(b) * (1 - m)) / 2
    vx, vy = np.cos(th).astype(f32), np.sin(th).astype(f32)
    col = lic(k, vx, vy, 11)
    s1 = unit(lic(detail(luma(x), 1.0, 4, 0.004), vx, vy, 22))
    s2 = unit(lic(detail(luma(x), 2.0, 7, 0.004), vx, vy, 22))
    hatch = strokes(vx, vy)
    s = 0.75 * s1 + 0.6 * hatch
    y = luma(col)
    pal = gmap(y, [(0, (0.03, 0.06, 0.20)), (0.25, (0.10, 0.22, 0.48)), (0.5, (0.30, 0.50, 0.62)),
                   (0.72, (0.88, 0.76, 0.34)), (1, (1.0, 0.95, 0.70))])
    out = lerp(sat(col, 1.7), pal, 0.42)
    out = out * (1 + 0.15 * s)[..., None]
    out[..., 0] += 0.05 * s2
    out[..., 2] -= 0.06 * s2
    lit = gauss(s, 0.7) - np.roll(gauss(s, 0.7), (1, 1), (0, 1))
    return clip(out + 0.06 * lit[..., None])


def impressionist(x):
    """Broken colour in short dabs, light key, violet shadows."""
    x = sat(auto_level(x, strength=0.6), 1.5)
    vx, vy, _ = tangent(x, 5)
    base = lic(kuwahara(x, 4), vx, vy, 7)
    y = luma(x)
    dab = np.tanh(1.5 * unit(lic(detail(y, 1.0, 5, 0.005), vx, vy, 8)) + 0.45 * strokes(vx, vy, 8))
    warm = np.tanh(1.5 * unit(lic(detail(x @ np.array([0.7, 0, -0.7], f32) + 0.4 * gauss(y, 1.5), 1.8, 9, 0.005), vx, vy, 9)))
    out = base * (1 + 0.13 * dab)[..., None] + np.stack([0.07 * warm, 0.015 * dab, -0.09 * warm], -1)
    dark = smoothstep(0.55, 0.05, luma(out))[..., None]
    out = lerp(out, out * np.array([0.95, 0.92, 1.2], f32) + np.array([0.07, 0.05, 0.15], f32), dark * 0.8)   # violet shadows
    return clip(1 - (1 - out) * np.array([0.86, 0.87, 0.80], f32))


def pencil(x):
    h, w = x.shape[:2]
    y = luma(auto_level(x))
    y = cv2.createCLAHE(1.5, (4, 4)).apply((y * 255).astype(np.uint8)).astype(f32) / 255
    dodge = np.clip(y / (gauss(y, 7) + 0.02), 0, 1) ** 2.2
    sm = gauss(y, 1.5)
    left, right = [(np.full((h, w), 0.707, f32), np.full((h, w), k * 0.707, f32)) for k in (-1, 1)]
    h1 = strokes(*left, 20) + 0.5 * unit(lic(detail(y, 0.7, 3, 0.006), *left, 10))
    h2 = strokes(*right, 20) + 0.5 * unit(lic(detail(y, 0.7, 3, 0.006), *right, 10))
    sh = np.clip(0.78 - sm, 0, 1)
    tone = 1 - 0.55 * sh * (1 + 0.6 * h1) - 0.35 * np.clip(0.45 - sm, 0, 1) * (1 + 0.8 * h2)
    out = dodge * 0.55 + 0.45 * np.minimum(dodge, tone)
    out = out * np.clip(tone, 0, 1) ** 0.7
    return clip(out[..., None] * np.array([0.985, 0.98, 0.965], f32))


def lineart(x):
    f = flat(auto_level(x), 1, 0.08, 6)
    vx, vy, _ = tangent(f, 2.5)
    l = lines(f, 1.3, 0.006, 0.012, (vx, vy))
    y = luma(f)
    black = smoothstep(0.17, 0.10, gauss(y, 1.5))
    out = 1 - np.maximum(l, black * 0.95)
    return clip(np.repeat(out[..., None], 3, 2) * 0.98 + 0.01)


def comic(x):
    h, w = x.shape[:2]
    x = contrast(auto_level(x, strength=0.8), 1.15)
    f = flat(x, 2, 0.12, 9)
    hsv = to_hsv(f)
    hsv[..., 1] = np.clip(hsv[..., 1] * 1.55 + 0.04 * (hsv[..., 1] > 0.08), 0, 1)
    hsv[..., 2] = np.clip(soft_quant(np.clip(hsv[..., 2] * 1.08, 0, 1), 4, 0.75) * 0.95 + 0.06, 0, 1)
    c = from_hsv(hsv)
    yy, xx = np.mgrid[0:h, 0:w].astype(f32)
    per = 8.0
    cell = 0.5 - 0.25 * (np.cos(2 * np.pi * (xx + 4.5) / per) + np.cos(2 * np.pi * (yy + 4.5) / per))
    y = gauss(luma(f), 1.5)
    dot = smoothstep(-0.12, 0.12, (0.72 - y) * 0.9 - cell + 0.18) * smoothstep(0.12, 0.3, y) * smoothstep(0.8, 0.6, y)
    c = c * (1 - 0.30 * dot)[..., None]
    c = lerp(c, c * np.array([1.03, 0.99, 0.86], f32), 0.8)
    vx, vy, _ = tangent(f, 2.5)
    l = lines(f, 1.5, 0.009, 0.012, (vx, vy))
    black = smoothstep(0.16, 0.09, y)
    ink = np.maximum(l, black)
    return clip(c * (1 - ink)[..., None] + 0.02)


def anime(x):
    x = auto_level(x, strength=0.7)
    f = flat(x, 4, 0.13, 11)
    hsv = to_hsv(f)
    v = np.clip(hsv[..., 2] ** 0.85 * 1.05, 0, 1)
    hsv[..., 2] = lerp(v, soft_quant(v, 5, 0.55), 0.75)
    hsv[..., 1] = np.clip(hsv[..., 1] * 1.45, 0, 0.95)
    c = from_hsv(hsv)
    y = luma(c)[..., None]
    shadow = smoothstep(0.45, 0.05, y)
    c = lerp(c, c * np.array([0.88, 0.92, 1.22], f32), shadow)
    c = lerp(c, 1 - (1 - c) * (1 - 0.35 * gauss(np.clip(c - 0.72, 0, 1), 9)), 0.8)
    vx, vy, _ = tangent(f, 2.0)
    l = lines(f, 1.0, 0.008, 0.016, (vx, vy))
    lc = c * np.array([0.28, 0.22, 0.30], f32)
    return clip(lerp(c, lc, (l * 0.85)[..., None]))


def cartoon(x):
    """Bold 'comic for children' look: few flat bright colours and thick outlines, no dots."""
    x = contrast(auto_level(x, strength=0.9), 1.1)
    f = flat(x, 5, 0.18, 13)
    lab = cv2.cvtColor(f, cv2.COLOR_RGB2LAB)
    lab[..., 0] = np.clip(soft_quant(lab[..., 0] / 100, 5, 0.85) * 100 + 8, 0, 100)
    ab = lab[..., 1:]
    lab[..., 1:] = soft_quant((ab + 128) / 256, 18, 0.7) * 256 - 128
    lab[..., 1:] *= 1.7
    c = clip(cv2.cvtColor(lab, cv2.COLOR_LAB2RGB))
    vx, vy, _ = tangent(f, 3)
    l = lines(f, 2.1, 0.010, 0.010, (vx, vy))
    return clip(lerp(c, np.array([0.08, 0.05, 0.08], f32), l[..., None]))


def mosaic(x):
    """Square tesserae of 8 px (one latent each: faces survive) with 1 px of grout, each tile of one slightly different colour."""
    h, w = x.shape[:2]
    x = sat(contrast(auto_level(x, strength=0.7), 1.1), 1.5)
    t = 8
    hh, ww = (h + t - 1) // t, (w + t - 1) // t
    pad = cv2.copyMakeBorder(x, 0, hh * t - h, 0, ww * t - w, cv2.BORDER_REFLECT)
    s = cv2.resize(pad, (ww, hh), interpolation=cv2.INTER_AREA)
    r = np.random.default_rng(51)
    n = PERIOD // t
    lay = lambda a: np.tile(a, (-(-hh // n), -(-ww // n), 1))[:hh, :ww]
    s = clip(s * (1 + lay(r.normal(0, 0.07, (n, n, 1)))) + lay(r.normal(0, 0.02, (n, n, 3))))
    up = cv2.resize(s, (ww * t, hh * t), interpolation=cv2.INTER_NEAREST)[:h, :w]
    yy, xx = np.mgrid[0:h, 0:w].astype(f32)
    grout = (np.minimum(xx % t, yy % t) < 0.5)[..., None].astype(f32)
    light = (((xx % t) + (yy % t)) / (2 * t) - 0.5)[..., None]
    up = up * (1.06 - 0.28 * light)
    return clip(lerp(up, np.array([0.20, 0.18, 0.17], f32), grout * 0.7))


def stained_glass(x):
    """Panes of one colour, leads along their contours."""
    x = auto_level(x, strength=0.9)
    f = gauss(kuwahara(flat(x, 5, 0.18, 13), 6), 1.2)
    lab = cv2.cvtColor(f, cv2.COLOR_RGB2LAB)
    lead, pane = 0, lab.copy()
    for c, size in enumerate((25, 32, 32)):             # panes: cells of Lab; their contours are the leads
        u = lab[..., c] / size + (0 if c == 0 else 0.5)
        slope = np.hypot(cv2.Sobel(u, cv2.CV_32F, 1, 0), cv2.Sobel(u, cv2.CV_32F, 0, 1)) / 8
        away = np.abs(u - np.round(u)) / (slope + 0.003)                     # pixels to the contour
        lead = np.maximum(lead, smoothstep(2.2, 1.1, away) * smoothstep(0.008, 0.02, slope))
        pane[..., c] = lerp(lab[..., c], (np.floor(u) + 0.5) * size - (0 if c == 0 else size / 2), 0.5 if c == 0 else 0.3)
    lead = np.maximum(lead, lines(f, 1.8, 0.012, 0.010))
    hsv = to_hsv(clip(cv2.cvtColor(gauss(pane, 0.8), cv2.COLOR_LAB2RGB)))
    hsv[..., 1] = np.clip(hsv[..., 1] * 1.9 + 0.05, 0, 1)
    hsv[..., 2] = np.clip(hsv[..., 2] * 1.25 + 0.10, 0, 1)
    c = clip(from_hsv(hsv) * (1 + 0.08 * detail(luma(x), 2, 10))[..., None])
    return clip(lerp(c, np.array([0.03, 0.03, 0.04], f32), lead[..., None]))


def neon(x):
    """Cyberpunk: dark purple-cyan night with glowing edges."""
    x = auto_level(x, strength=0.9)
    f = flat(x, 2, 0.1, 7)
    y = luma(f)
    base = gmap(y, [(0, (0.02, 0.00, 0.07)), (0.35, (0.14, 0.02, 0.28)), (0.65, (0.10, 0.16, 0.44)),
                    (0.9, (0.10, 0.42, 0.62)), (1, (0.45, 0.85, 0.95))]) * 0.85
    base = lerp(base, sat(f, 1.6) * 0.5, 0.22)
    g = np.zeros_like(y)
    for c in range(3):
        b = gauss(f[..., c], 1.2)
        g = np.maximum(g, cv2.magnitude(cv2.Sobel(b, cv2.CV_32F, 1, 0), cv2.Sobel(b, cv2.CV_32F, 0, 1)))
    e = smoothstep(0.10, 0.45, g)
    warm = smoothstep(-0.08, 0.10, gauss(f[..., 0] - f[..., 2], 4) + 0.35 * (gauss(y, 6) - 0.45))[..., None]
    tint = lerp(np.array([0.05, 0.95, 1.0], f32), np.array([1.0, 0.12, 0.78], f32), warm)
    glow = e[..., None] * tint
    out = base + glow * 1.0 + 1.1 * gauss(glow, 5) + 0.7 * gauss(glow, 14)
    return clip(1 - np.exp(-1.25 * out))


def charcoal(x):
    """Soft darks, grain along the forms."""
    y = luma(auto_level(x, strength=1.0))
    k = kuwahara(np.repeat((y ** 0.8)[..., None], 3, 2), 5)[..., 0]
    vx, vy, _ = tangent(np.repeat(k[..., None], 3, 2), 6)
    st = unit(lic(detail(y, 0.8, 4, 0.006), vx, vy, 12))
    gr = detail(y, 0.5, 2, 0.006)
    dark = 1 - contrast(k, 1.35, 0.45)
    out = 1 - dark * (0.90 + (0.13 * st + 0.08 * gr) * smoothstep(0.0, 0.5, dark))
    l = lines(k[..., None].repeat(3, 2), 2.6, 0.008, 0.02)
    out = np.clip(out - 0.55 * l * (0.8 + 0.3 * st), 0, 1)
    return clip(gmap(out, [(0, (0.07, 0.065, 0.06)), (0.5, (0.40, 0.385, 0.37)), (1, (0.90, 0.885, 0.855))]))


def pixel_art(x):
    h, w = x.shape[:2]
    x = contrast(sat(auto_level(x, strength=0.9), 1.5), 1.15)
    b = 8
    hh, ww = (h + b - 1) // b, (w + b - 1) // b
    pad = cv2.copyMakeBorder(x, 0, hh * b - h, 0, ww * b - w, cv2.BORDER_REFLECT)
    s = cv2.resize(pad, (ww, hh), interpolation=cv2.INTER_AREA)
    lab = cv2.cvtColor(s, cv2.COLOR_RGB2LAB)
    lab[..., 0] = np.round(lab[..., 0] / 14) * 14
    lab[..., 1:] = np.round(lab[..., 1:] / 14) * 14 * 1.15
    s = clip(cv2.cvtColor(lab, cv2.COLOR_LAB2RGB))
    return cv2.resize(s, (ww * b, hh * b), interpolation=cv2.INTER_NEAREST)[:h, :w]


UKIYO = np.array([[0.10, 0.13, 0.24], [0.16, 0.27, 0.45], [0.36, 0.50, 0.60], [0.62, 0.71, 0.70], [0.90, 0.85, 0.72],
                  [0.95, 0.92, 0.83], [0.80, 0.63, 0.42], [0.74, 0.33, 0.22], [0.48, 0.22, 0.18], [0.42, 0.47, 0.33],
                  [0.25, 0.30, 0.24], [0.66, 0.62, 0.50], [0.86, 0.55, 0.42]], f32)


def ukiyoe(x):
    """Woodblock print: a small fixed palette, flat areas, indigo outlines, printed on cream paper."""
    h, w = x.shape[:2]
    x = auto_level(x, strength=0.9)
    f = flat(x, 5, 0.15, 12)
    lab = cv2.cvtColor(sat(f, 1.3), cv2.COLOR_RGB2LAB)
    pl = cv2.cvtColor(UKIYO[None], cv2.COLOR_RGB2LAB)[0]
    dist = ((lab[:, :, None] - pl) ** 2 * np.array([0.8, 1.2, 1.2], f32)).sum(-1)
    wt = np.exp(-(dist - dist.min(-1, keepdims=True)) / 90.0)
    wt /= wt.sum(-1, keepdims=True)
    c = (wt[..., None] * UKIYO).sum(2)
    c = gauss(c, 0.8)
    grain = unit(lic(detail(luma(x), 0.7, 3, 0.006), np.ones((h, w), f32), np.zeros((h, w), f32), 16))
    c = c * (1 + 0.025 * grain)[..., None]
    vx, vy, _ = tangent(f, 3)
    l = lines(f, 1.5, 0.008, 0.010, (vx, vy))
    return clip(lerp(c, np.array([0.09, 0.10, 0.17], f32), (l * 0.9)[..., None]))


def pastel(x):
    """Slanting chalk."""
    x = auto_level(x, strength=0.6)
    k = kuwahara(sat(x, 1.2), 5)
    hsv = to_hsv(k)
    hsv[..., 1] = np.clip(hsv[..., 1] * 0.72 + 0.03, 0, 0.62)
    hsv[..., 2] = 0.50 + 0.48 * hsv[..., 2]
    c = from_hsv(hsv)
    h, w = x.shape[:2]
    slant = np.full((h, w), 0.447, f32), np.full((h, w), -0.894, f32)
    chalk = strokes(*slant, 20) + 0.9 * unit(lic(detail(luma(x), 0.8, 4, 0.006), *slant, 6))
    m = smoothstep(-0.4, 1.8, chalk)[..., None]
    out = lerp(c, 1 - (1 - c) * 0.5, m * 0.75)
    return clip(out * np.array([1.02, 0.985, 0.99], f32))


def winter(x):
    h, w = x.shape[:2]
    x = auto_level(x, strength=0.5)
    y = luma(x)
    hsv = to_hsv(x)
    green = np.exp(-((hsv[..., 0] - 95) / 55) ** 2) * smoothstep(0.05, 0.35, hsv[..., 1])
    up = np.clip(-cv2.Sobel(gauss(y, 2), cv2.CV_32F, 0, 1) * 2.0 * -1, 0, 1)  # brighter below: an upper edge
    snow = np.clip(0.95 * green + 0.75 * smoothstep(0.05, 0.3, up) + 0.4 * smoothstep(0.5, 0.85, y), 0, 1)
    snow = gauss(snow, 1.5)[..., None]
    base = sat(x, 0.45) * np.array([0.84, 0.95, 1.14], f32)
    base = clip(base * 0.80 + 0.20)
    white = np.array([0.90, 0.95, 1.0], f32) * (0.62 + 0.42 * y[..., None])
    out = lerp(base, white, snow)
    fl = noise((h, w), 1.6, 101)
    flakes = smoothstep(2.4, 2.9, fl)[..., None]
    return clip(lerp(out, 1.0, flakes * 0.9))


def autumn(x):
    x = auto_level(x, strength=0.5)
    hsv = to_hsv(x)
    hue, s = hsv[..., 0], hsv[..., 1]
    green = np.exp(-((hue - 100) / 48) ** 2)
    y = gauss(luma(x), 3)
    tgt = 16 + 34 * smoothstep(0.1, 0.7, y)
    hsv[..., 0] = lerp(hue, tgt, smoothstep(0.15, 0.5, green))
    hsv[..., 1] = np.clip(s * (1.25 + 0.6 * green), 0, 1)
    out = from_hsv(hsv)
    y = luma(out)[..., None]
    warm = gmap(y[..., 0], [(0, (0.08, 0.03, 0.02)), (0.4, (0.52, 0.27, 0.10)), (0.75, (0.98, 0.72, 0.35)),
                            (1, (1.0, 0.95, 0.80))])
    out = lerp(out, warm, 0.38)
    return clip(out + 0.12 * gauss(np.clip(out - 0.6, 0, 1), 12))


def night(x):
    x = auto_level(x, strength=0.5)
    y = luma(x)
    d = gmap(y, [(0, (0.0, 0.01, 0.05)), (0.5, (0.09, 0.16, 0.38)), (0.85, (0.28, 0.42, 0.70)), (1, (0.80, 0.86, 0.90))])
    out = lerp(d, x * np.array([0.30, 0.38, 0.62], f32), 0.45)
    lamp = smoothstep(0.82, 0.97, gauss(y, 1.5)) * smoothstep(-0.05, 0.10, gauss(x[..., 0] - x[..., 2], 3) + 0.03)
    lt = lamp[..., None] * np.array([1.0, 0.78, 0.40], f32)
    return clip(out + 0.5 * lt + 0.8 * gauss(lt, 8))


def noir(x):
    y = luma(auto_level(x, strength=1.0))
    y = y + 0.5 * (y - gauss(y, 9))
    y = smoothstep(0.05, 0.92, np.clip(y, 0, 1))
    return clip(np.repeat((y * 0.95)[..., None], 3, 2))


def sepia(x):
    h, w = x.shape[:2]
    y = luma(auto_level(x, strength=0.6))
    y = gauss(contrast(y, 0.88, 0.5), 0.8)
    out = gmap(y, [(0, (0.16, 0.09, 0.04)), (0.5, (0.58, 0.43, 0.27)), (1, (0.97, 0.90, 0.75))])
    return clip(out * (1 + 0.015 * noise((h, w), 1.2, 111))[..., None])


def blueprint(x):
    f = flat(auto_level(x, strength=1.0), 1, 0.08, 6)
    h, w = x.shape[:2]
    y = luma(f)
    vx, vy, _ = tangent(f, 2.0)
    y1 = gauss(y, 1.0)
    g = cv2.magnitude(cv2.Sobel(y1, cv2.CV_32F, 1, 0), cv2.Sobel(y1, cv2.CV_32F, 0, 1))
    l = np.maximum(lines(f, 1.2, 0.006, 0.012, (vx, vy)), smoothstep(0.25, 0.7, g))
    base = gmap(gauss(y, 2), [(0, (0.03, 0.13, 0.36)), (1, (0.12, 0.33, 0.66))])
    yy, xx = np.mgrid[0:h, 0:w]
    grid = ((xx % 32 < 1) | (yy % 32 < 1)).astype(f32)[..., None]
    base = lerp(base, np.array([0.35, 0.55, 0.85], f32), grid * 0.45)
    return clip(lerp(base, np.array([0.93, 0.97, 1.0], f32), (l * 0.95)[..., None]))


def golden(x):
    """Warm golden-hour film look."""
    x = auto_level(x, strength=0.5)
    y = luma(x)
    g = gmap(y, [(0, (0.10, 0.07, 0.14)), (0.4, (0.55, 0.32, 0.24)), (0.75, (1.0, 0.72, 0.42)), (1, (1.0, 0.95, 0.80))])
    out = lerp(sat(x, 1.1) * np.array([1.08, 0.97, 0.82], f32), g, 0.55)
    return clip(out + 0.25 * gauss(np.clip(out - 0.65, 0, 1), 18))


STYLES = {f.__name__: f for f in (
    photo, blurry, watercolor, oil, vangogh, impressionist, pencil, lineart, comic, anime, cartoon, mosaic,
    stained_glass, neon, charcoal, pixel_art, ukiyoe, pastel, winter, autumn, night, noir, sepia, blueprint, golden)}


# Two styles in one prompt: texture from the one, tone from the other.
TEXTURES = ('watercolor', 'oil', 'vangogh', 'impressionist', 'pencil', 'lineart', 'comic', 'anime', 'cartoon', 'mosaic', 'stained_glass',
            'charcoal', 'pixel_art', 'ukiyoe', 'pastel')
TONES = ('winter', 'autumn', 'night', 'noir', 'sepia', 'golden')


def apply(name, rgb8):
    x = rgb8.astype(f32) / 255
    return (clip(STYLES[name](x)) * 255 + 0.5).astype(np.uint8)


def both(texture, tone, rgb8):
    """One rendering after the other: the tone comes last, so that no texture's levels undo it."""
    return apply(tone, apply(texture, rgb8))


if __name__ == '__main__':
    import sys
    import time
    src, dst = sys.argv[1], sys.argv[2]
    names = sys.argv[3:] or list(STYLES)
    im = cv2.imread(src)[..., ::-1]
    k = 512 / min(im.shape[:2])
    im = cv2.resize(im, None, fx=k, fy=k, interpolation=cv2.INTER_AREA)
    im = im[:im.shape[0] // 8 * 8, :im.shape[1] // 8 * 8]
    tiles = []
    for n in names:
        t = time.time()
        o = apply(n, im)
        print(f'{n} {time.time() - t:.2f}s')
        o = np.ascontiguousarray(o)
        cv2.putText(o, n, (8, 24), 0, 0.8, (255, 0, 0), 2)
        tiles.append(o)
    cols = 5
    while len(tiles) % cols:
        tiles.append(np.zeros_like(tiles[0]))
    sheet = np.vstack([np.hstack(tiles[i:i + cols]) for i in range(0, len(tiles), cols)])
    cv2.imwrite(dst, sheet[..., ::-1])
