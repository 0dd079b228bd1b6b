"""Encode the training set: DATA's stylised pictures -> latents, one .pt a picture, resumable, safe to run beside the training.

  python latents.py --data DATA --vae VAE --out LATENTS [--styles 13]

A file holds  z: float16 [n, channels, H/8, W/8],  style: int64 [n] (indices into styles.STYLES; style[0] is the photo itself),
tone: int64 [n] (a second style, rendered over the first, or -1),  rgb: uint8 [3, H, W], the photo, which is the tile control.  Encoding
costs more than training on the result, so each picture gets the photo, the tones, a weighted draw of the other styles and one of the pairs
of a texture with a tone, seeded by its name.
"""
import argparse
import glob
import os
import time
import zlib

import numpy as np
import torch
import torch.nn.functional as F
from diffusers import AutoencoderDC

import styles

NAMES = list(styles.STYLES)
PHOTO = NAMES.index('photo')
WEIGHT = {'photo': 1.2, 'blurry': 0.25, 'noir': 1.0, 'sepia': 1.0, 'golden': 0.6, 'autumn': 0.6, 'night': 1.2, 'winter': 0.8,
          'blueprint': 1.8, 'neon': 1.2, 'charcoal': 2.2, 'pastel': 0.9, 'watercolor': 1.2, 'oil': 1.3, 'vangogh': 1.5, 'pencil': 1.7,
          'comic': 1.8, 'anime': 1.3, 'cartoon': 1.8, 'mosaic': 1.2, 'stained_glass': 2.2, 'pixel_art': 1.8, 'lineart': 2.0}


def weights():
    return np.array([WEIGHT.get(n, 1.0) for n in NAMES])


def draw(name, n):
    """The n styles to encode of a picture: the photo first, then every tone (pairs are compared with theirs), a draw of the rest."""
    r = np.random.default_rng(zlib.crc32(name.encode()))
    always = [PHOTO] + [NAMES.index(t) for t in styles.TONES]
    p = weights()
    p[always] = 0
    return always + sorted(int(k) for k in r.choice(len(NAMES), n - len(always), replace=False, p=p / p.sum()))


def draw_pairs(name, n):
    """n pairs (texture, tone) of a picture, indices into NAMES."""
    r = np.random.default_rng(zlib.crc32(name.encode()) + 1)
    every = [(NAMES.index(a), NAMES.index(b)) for a in styles.TEXTURES for b in styles.TONES]
    return [every[k] for k in sorted(r.choice(len(every), n, replace=False))]


def newest_last(data):
    return sorted(glob.glob(os.path.join(data, '*.[0-9].npy')), key=lambda f: zlib.crc32(os.path.basename(f).encode()))


@torch.no_grad()
def as_matrix(vae):
    """The encoder is linear in 8 x 8 blocks (`autoencoder.py`): weight [channels, 3, 8, 8] and bias, read off its answers to the unit
    blocks."""
    units = torch.cat([torch.zeros(1, 192), torch.eye(192)]).view(-1, 3, 8, 8)
    z = vae.encode(F.pad(units, (8, 8, 8, 8))).latent[:, :, 1, 1]
    return (z[1:] - z[0]).T.reshape(-1, 3, 8, 8), z[0]


@torch.no_grad()
def encode(path, linear, n, pairs):
    a = np.load(path, mmap_mode='r')
    name = os.path.basename(path)
    both = draw_pairs(name, pairs)
    style = draw(name, n)
    pictures = [a[k] for k in style] + [styles.apply(NAMES[tone], a[texture]) for texture, tone in both]
    signed = lambda x: torch.from_numpy(x[None].copy()).permute(0, 3, 1, 2).float() / 127.5 - 1
    z = [F.conv2d(signed(x), *linear, stride=8).half() for x in pictures]
    rgb = torch.from_numpy(a[PHOTO].copy()).permute(2, 0, 1).contiguous()
    return {'z': torch.cat(z), 'style': torch.tensor(style + [k for k, _ in both]), 'tone': torch.tensor([-1] * n + [k for _, k in both]),
            'rgb': rgb}


if __name__ == '__main__':
    p = argparse.ArgumentParser()
    p.add_argument('--data', required=True)
    p.add_argument('--vae', required=True)
    p.add_argument('--out', required=True)
    p.add_argument('--styles', type=int, default=13)
    p.add_argument('--pairs', type=int, default=10)
    p.add_argument('--minutes', type=float, default=600)
    p.add_argument('--threads', type=int, default=1)
    a = p.parse_args()
    torch.set_num_threads(a.threads)
    os.makedirs(a.out, exist_ok=True)
    vae = AutoencoderDC.from_pretrained(a.vae, torch_dtype=torch.float32)
    linear = as_matrix(vae)
    probe = torch.rand(1, 3, 64, 64) * 2 - 1
    with torch.no_grad():
        assert torch.allclose(F.conv2d(probe, *linear, stride=8), vae.encode(probe).latent, atol=1e-3), 'the encoder is not linear'
    t0 = time.time()
    for i, f in enumerate(newest_last(a.data)):
        if time.time() - t0 > 60 * a.minutes:
            break
        dst = os.path.join(a.out, os.path.basename(f)[:-4] + '.pt')
        if not os.path.exists(dst):
            torch.save(encode(f, linear, a.styles, a.pairs), dst + '.tmp')
            os.replace(dst + '.tmp', dst)
        if i % 10 == 0:
            print(f'{i} {time.time() - t0:.0f} s', flush=True)
