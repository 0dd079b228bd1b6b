"""The autoencoder of the model that draws from words: principal components of 4 x 4 pixel blocks, in closed form; nothing is trained.

  PYTHONPATH=.. python blocks.py --icons ICONS --out INIT [--channels 24]        # INIT/vae, and INIT/latents.npz

An AutoencoderDC whose every learned layer is a matrix (../autoencoder.py has the same encoder for 8 x 8 blocks).  Latent k has the
deviation (sigma_k / sigma_1)^0.5, up to a factor that makes the mean square 1: what is large in a picture comes out of the noise first,
and what is fine is not lost in it.  latents.npz: z, fp16 [pictures, variants, channels, 16, 16], the words' pictures on white as they are
and with small zooms and shifts; word and hand of each.
"""
import argparse
import json
import os

import cv2
import numpy as np
import torch
from diffusers import AutoencoderDC

import words
from autoencoder import bits, blocks, encoder_weights
from likeness import psnr

SIDE, SIZE = 4, 64
CONFIG = {'encoder_block_types': 'ResBlock', 'encoder_block_out_channels': (3, 12, 48), 'encoder_layers_per_block': (0, 1, 1),
          'encoder_qkv_multiscales': ((),) * 3, 'decoder_block_types': 'ResBlock', 'decoder_block_out_channels': (24, 24, 48),
          'decoder_layers_per_block': (0, 1, 1), 'decoder_qkv_multiscales': ((),) * 3, 'scaling_factor': 1.0}


def on_white(rgba):
    """uint8 [h, w, 4] -> [h, w, 3]."""
    alpha = rgba[..., 3:].astype(np.float32) / 255
    return np.round(rgba[..., :3] * alpha + 255 * (1 - alpha)).astype(np.uint8)


def moved(rgb, r, zoom=0.06, shift=2.0):
    """A little smaller or larger, a little aside; white comes in."""
    k = 1 + r.uniform(-zoom, zoom / 2)
    at = (1 - k) * SIZE / 2 + r.uniform(-shift, shift, 2)
    return cv2.warpAffine(rgb, np.array([[k, 0, at[0]], [0, k, at[1]]]), (SIZE, SIZE), flags=cv2.INTER_LINEAR, borderValue=(255,) * 3)


def tensor(rgb):
    """uint8 [n, h, w, 3] -> [n, 3, h, w] in -1..1."""
    return torch.from_numpy(np.stack(rgb)).permute(0, 3, 1, 2).float() / 127.5 - 1


def components(x, channels, power=0.5):
    """Mean [48], projection [channels, 48] with its scale, of blocks x."""
    mean = x.mean(0)
    _, s, v = torch.linalg.svd(x - mean, full_matrices=False)
    scale = (s / s[0])[:channels] ** power
    scale = scale / (scale ** 2).mean().sqrt()
    return mean, v[:channels] * (scale / s[:channels] * len(x) ** 0.5)[:, None]


STEADY = 64.0       # a constant channel beside which a pixel's values hardly change the norm of the last layer
LIFT = 1.5          # keeps its ReLU open: pictures lie in -1..1


def decoder_weights(decoder, mean, inverse):
    """Writes z -> inverse z + mean.  What a block's shortcut adds is taken back; residual blocks give nothing."""
    for name, m in decoder.named_parameters():
        m.data.zero_()

    def write(conv, matrix, shortcut):
        m, n = matrix.shape
        conv.weight.data[:m, :n, 1, 1] = matrix
        for j in range(len(conv.weight) if shortcut else 0):
            conv.weight.data[j, j // shortcut, 1, 1] -= 1

    double = next(m for level in decoder.up_blocks for m in level if hasattr(m, 'repeats'))
    write(decoder.conv_in, torch.eye(inverse.shape[1]), decoder.in_shortcut_repeats)
    write(double.conv, bits(inverse.T).flatten(1).T, double.repeats)                    # -> (c, y0 x0) at each (y1 x1)
    double.conv.bias.data[:len(mean)] = bits(mean[None]).flatten()
    double.conv.bias.data[-4:] = STEADY
    n = decoder.norm_out
    n.weight.data[:12] = ((STEADY ** 2 + 8) / len(n.weight)) ** 0.5
    n.bias.data[:12] = LIFT
    write(decoder.conv_out.conv, torch.eye(12), 0)
    decoder.conv_out.conv.bias.data.fill_(-LIFT)


if __name__ == '__main__':
    p = argparse.ArgumentParser()
    p.add_argument('--icons', required=True)
    p.add_argument('--out', required=True)
    p.add_argument('--channels', type=int, default=24)
    p.add_argument('--variants', type=int, default=5)
    a = p.parse_args()
    torch.set_num_threads(1)
    rows = words.chosen(json.load(open(os.path.join(a.icons, 'icons.json')))['icons'])
    pictures = np.load(os.path.join(a.icons, 'pictures.npy'), mmap_mode='r')
    plain = [on_white(pictures[i]) for i, _, _ in rows]
    r = np.random.default_rng(0)
    x = torch.stack([tensor([rgb] + [moved(rgb, r) for _ in range(a.variants - 1)]) for rgb in plain])     # [n, variants, 3, 64, 64]
    some = blocks(x[:, 0], SIDE)
    mean, projection = components(some[torch.randperm(len(some))[:60000]], a.channels)
    vae = AutoencoderDC(latent_channels=a.channels, **CONFIG)
    encoder_weights(vae.encoder, mean, projection)
    decoder_weights(vae.decoder, mean, torch.linalg.pinv(projection))
    z = ((blocks(x.flatten(0, 1), SIDE) - mean) @ projection.T).reshape(-1, SIZE // SIDE, SIZE // SIDE, a.channels).permute(0, 3, 1, 2)
    with torch.no_grad():
        part, coded = x.flatten(0, 1)[:64], vae.encode(x.flatten(0, 1)[:64]).latent
        print(f'encoder against the matrix: {(coded - z[:64]).abs().max():.1e}; kept {psnr(vae.decode(coded).sample, part):.1f} dB; '
              f'deviations {[round(float(v), 2) for v in z.std((0, 2, 3))]}')
    vae.half().save_pretrained(os.path.join(a.out, 'vae'))
    np.savez(os.path.join(a.out, 'latents.npz'), z=z.reshape(*x.shape[:2], *z.shape[1:]).half().numpy(),
             word=[w for _, w, _ in rows], hand=[h for _, _, h in rows])
