"""The autoencoder, before training: an AutoencoderDC whose encoder is the principal components of 8 x 8 pixel blocks and whose decoder is
their inverse.

  python autoencoder.py --data DATA --init PIPELINE --out PIPELINE [--channels 32]

A learned encoder of 12 channels kept 23.8 dB of five detailed held-out photographs; the first 12 principal components alone keep 26.9,
16 keep 28.2, 24 keep 30.3 and 32 keep 32.6, before any decoder has learned to guess the rest.  A linear encoder is also steady:
neighbouring frames have neighbouring latents.  AutoencoderDC (J. Chen et al. 2024) goes between scales by shuffling channels into pixels,
so that a block's pixels are a linear map of its latents: the decoder begins at the components' bound, and a texture that repeats with 8
pixels needs no clue of where in a cell a pixel lies. Latent k has the deviation (sigma_k / sigma_1)^0.25: fine components count for less
than the mean, and for more than in the picture.

OUT gets the pipeline of --init moved into the new latents: its first and last convolutions are composed with the linear map that fits old
latents to new ones (or new to old) best, so that training goes on from what the networks know.  Where --init holds
a tokenizer alone, OUT gets the autoencoder and the tokenizer, and `train_diffusion.py --scratch` the rest.
"""
import argparse
import copy
import glob
import json
import math
import os
import shutil

import numpy as np
import torch
from diffusers import AutoencoderDC, AutoencoderTiny

from latents import PHOTO
from likeness import psnr
from train_diffusion import export, load

BLOCK = 8


def blocks(x, side=BLOCK):
    """[n, 3, h, w] -> [blocks, 3 side^2], each (channel, y, x)."""
    n, c, h, w = x.shape
    return x.reshape(n, c, h // side, side, w // side, side).permute(0, 2, 4, 1, 3, 5).reshape(-1, c * side * side)


def pictures(data, r, count):
    """Random 256-pixel crops of random styles (a third are photographs), in -1..1."""
    files = sorted(glob.glob(os.path.join(data, '*.[0-9].npy')))
    out = []
    for _ in range(count):
        a = np.load(files[r.integers(len(files))], mmap_mode='r')
        k = PHOTO if r.uniform() < 1 / 3 else r.integers(len(a))
        y, x = r.integers(a.shape[1] // 8 - 31) * 8, r.integers(a.shape[2] // 8 - 31) * 8
        out.append(torch.from_numpy(a[k, y:y + 256, x:x + 256].copy()).permute(2, 0, 1).float() / 127.5 - 1)
    return torch.stack(out)


def components(x, channels):
    """Mean [192], projection [channels, 192] with its scale, of blocks x; signs so that the first grows with brightness."""
    mean = x.mean(0)
    _, s, v = torch.linalg.svd(x - mean, full_matrices=False)
    sigma = s / len(x) ** 0.5
    v = v[:channels] * v[:channels].sum(1, keepdim=True).sign()
    return mean, v * ((sigma[:channels] / sigma[0]) ** 0.25 / sigma[:channels])[:, None]


def bits(rows):
    """Rows [k, 3 side^2] over (c, y, x) in the order in which halvings unshuffle a block of `side` pixels: [k, c, y0, x0, y1, x1, ...],
    y0 the finest bit."""
    n = round(math.log2(rows.shape[1] / 3) / 2)
    order = [axis for i in range(n) for axis in (1 + n - i, 1 + 2 * n - i)]            # from (c, .. y1, y0, .. x1, x0)
    return rows.reshape(-1, 3, *(2,) * (2 * n)).permute(0, 1, *order)


def linear(x, mean, projection):
    """Pictures put back together from their projections."""
    n, c, h, w = x.shape
    y = mean + (blocks(x) - mean) @ projection.T @ torch.linalg.pinv(projection).T
    return y.reshape(n, h // BLOCK, w // BLOCK, c, BLOCK, BLOCK).permute(0, 3, 1, 4, 2, 5).reshape(n, c, h, w)


def encoder_weights(encoder, mean, projection):
    """Writes x -> projection (x - mean): the halvings only shuffle, the residual blocks give nothing, the last convolution projects."""
    for name, m in encoder.named_parameters():
        if 'norm' not in name:
            m.data.zero_()
    encoder.conv_in.conv.weight.data[:, :, 1, 1] = torch.eye(3)
    last = encoder.conv_out.weight.data[:, :, 1, 1]
    last += bits(projection).flatten(1)
    share = encoder.out_shortcut_average_group_size             # the shortcut's means are taken back
    for k in range(len(last)):
        last[k, share * k:share * (k + 1)] -= 1 / share
    encoder.conv_out.bias.data = -projection @ mean


STEADY = 16.0       # the constant that keeps norm_out nearly linear at first
LIFT = 1.5          # and what keeps its ReLU open: pictures lie in -1..1


def decoder_weights(decoder, mean, inverse):
    """Writes z -> inverse z + mean [192, k] into what the decoder's random weights leave free; residual blocks begin near the identity."""
    def write(conv, matrix, shortcut=0):
        """`matrix` as the first outputs of a convolution, less what its block's shortcut adds; the other outputs are drawn at random."""
        m, n = matrix.shape
        conv.weight.data.normal_(0, conv.weight[0].numel() ** -0.5)
        conv.bias.data.zero_()
        conv.weight.data[:m] = 0
        conv.weight.data[:m, :n, 1, 1] = matrix
        for j in range(m if shortcut else 0):
            conv.weight.data[j, j // shortcut, 1, 1] -= 1

    for name, m in decoder.named_modules():
        if name.endswith('norm'):
            m.weight.data.fill_(0.01)
    k = inverse.shape[1]
    halves = [m for level in decoder.up_blocks for m in level if hasattr(m, 'repeats')]      # outermost first
    write(decoder.conv_in, torch.eye(k), decoder.in_shortcut_repeats)
    write(halves[1].conv, bits(inverse.T).flatten(1).T, halves[1].repeats)       # -> (c, y0 x0, y1 x1) at each (y2 x2)
    halves[1].conv.bias.data[:192] = bits(mean[None]).flatten()
    write(halves[0].conv, torch.eye(48), halves[0].repeats)                                       # -> (c, y0 x0) at each (y1 x1)
    halves[0].conv.bias.data[-4:] = STEADY
    write(decoder.conv_out.conv, torch.eye(12))
    n = decoder.norm_out
    n.weight.data.fill_((STEADY ** 2 + 4) ** 0.5 / len(n.weight) ** 0.5)
    n.bias.data.zero_()
    n.bias.data[:12] = LIFT
    n.weight.data[-1] = 0
    decoder.conv_out.conv.bias.data.fill_(-LIFT)


def fit(a, b):
    """The affine map that takes latents a [n, c, h, w] to b best: matrix and offset."""
    rows = lambda z: z.permute(0, 2, 3, 1).reshape(-1, z.shape[1])
    x = torch.cat([rows(a), torch.ones(rows(a).shape[0], 1)], 1)
    w = torch.linalg.lstsq(x, rows(b)).solution.T
    fitted = x @ w.T
    print(f'{a.shape[1]} -> {b.shape[1]} latents: {1 - ((fitted - rows(b)).var(0) / rows(b).var(0)).mean():.2f} of the variance',
          flush=True)
    return w[:, :-1], w[:, -1]


def before(conv, matrix, offset):
    """conv applied to matrix z + offset, as a convolution of z."""
    out = torch.nn.Conv2d(matrix.shape[1], conv.out_channels, conv.kernel_size, conv.stride, conv.padding)
    out.weight.data = torch.einsum('oiyx,ij->ojyx', conv.weight.data, matrix)
    out.bias.data = conv.bias.data + torch.einsum('oiyx,i->o', conv.weight.data, offset)
    return out


def behind(conv, matrix):
    """matrix times conv's result; no offset, since what is predicted, v, is a difference of latents up to noise."""
    out = torch.nn.Conv2d(conv.in_channels, matrix.shape[0], conv.kernel_size, conv.stride, conv.padding)
    out.weight.data = torch.einsum('po,oiyx->piyx', matrix, conv.weight.data)
    out.bias.data = matrix @ conv.bias.data
    return out


CONFIG = {'encoder_block_types': 'ResBlock', 'encoder_block_out_channels': (3, 12, 48, 192), 'encoder_layers_per_block': (0, 1, 1, 1),
          'encoder_qkv_multiscales': ((),) * 4, 'decoder_block_types': 'ResBlock', 'decoder_block_out_channels': (32, 32, 64, 128),
          'decoder_layers_per_block': (0, 1, 3, 4),
          'decoder_qkv_multiscales': ((),) * 4, 'scaling_factor': 1.0}


def opened(path):
    """The autoencoder of a pipeline folder, of this class or of the former one, fp32."""
    kind = json.load(open(path + '/config.json'))['_class_name']
    return {'AutoencoderDC': AutoencoderDC, 'AutoencoderTiny': AutoencoderTiny}[kind].from_pretrained(path, torch_dtype=torch.float32)


def encoded(vae, x):
    out = vae.encode(x)
    return out.latent if hasattr(out, 'latent') else out.latents


if __name__ == '__main__':
    p = argparse.ArgumentParser()
    p.add_argument('--data', required=True)
    p.add_argument('--init', required=True)
    p.add_argument('--out', required=True)
    p.add_argument('--channels', type=int, default=32)
    p.add_argument('--seed', type=int, default=0)
    p.add_argument('--threads', type=int, default=1)
    a = p.parse_args()
    torch.set_num_threads(a.threads)
    r = np.random.default_rng(a.seed)
    x = pictures(a.data, r, 120)
    mean, projection = components(blocks(x), a.channels)
    new = AutoencoderDC(latent_channels=a.channels, **CONFIG)
    encoder_weights(new.encoder, mean, projection)
    decoder_weights(new.decoder, mean, torch.linalg.pinv(projection))
    with torch.no_grad():
        coded, alone = new.decode(new.encode(x[:48]).latent).sample, linear(x[:48], mean, projection)
        print(f'{psnr(coded, x[:48]):.1f} dB, of the components alone {psnr(alone, x[:48]):.1f}', flush=True)
    if not os.path.isdir(a.init + '/vae'):
        shutil.copytree(a.init + '/tokenizer', a.out + '/tokenizer')
        new.half().save_pretrained(a.out + '/vae')
        raise SystemExit
    old = opened(a.init + '/vae')
    with torch.no_grad():
        z_old, z_new = encoded(old, x[:48]), encoded(new, x[:48])
    back, shift = fit(z_new, z_old)
    forth, _ = fit(z_old, z_new)
    nets = load(a.init)
    for n in (nets[0], nets[1], nets[3]):
        n.conv_in = before(n.conv_in, back, shift * 0)              # x_t's mean is scaled and mixed: the offset is left to training
        n.register_to_config(in_channels=a.channels)
    nets[0].conv_out = behind(nets[0].conv_out, forth)
    nets[0].register_to_config(out_channels=a.channels)
    export(a.out, new, [copy.deepcopy(n.state_dict()) for n in nets], nets, a.init + '/tokenizer')
