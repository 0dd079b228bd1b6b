"""The encoder, in closed form: the principal components of 8 x 8 pixel blocks, written as an AutoencoderTiny whose encoder has no blocks.

  python linear_encoder.py --data DATA --init PIPELINE --out PIPELINE [--channels 16]

A learned encoder of 12 channels kept 23.8 dB of five detailed held-out photographs; the first 12 principal components alone keep 26.9,
16 keep 28.2, before any decoder has learned to guess the rest.  A linear encoder is also steady: neighbouring frames have neighbouring latents.
Each strided convolution gathers 2 x 2 positions into channels (3 -> 12 -> 48), the last projects 192 numbers on the components.
Latent k has the deviation (sigma_k / sigma_1)^0.25: fine components count for less than the mean, and for more than in the picture.

OUT gets the pipeline of --init moved into the new latents: its first and last convolutions, and the decoder's first, are composed with the
linear map that fits old latents to new ones (or new to old) best, so that training goes on from what the networks know.  Where --init holds
a tokenizer alone, OUT gets the autoencoder with a fresh decoder, and `train_diffusion.py --scratch` the rest.
"""
import argparse
import copy
import glob
import os
import shutil

import numpy as np
import torch
from diffusers import AutoencoderTiny

from latents import PHOTO
from train_diffusion import export, load

BLOCK = 8
WIDTH = 48      # 3 * 4 * 4: what the second strided convolution has to pass on


def blocks(x):
    """[n, 3, h, w] -> [blocks, 192], each (channel, y, x)."""
    n, c, h, w = x.shape
    return x.reshape(n, c, h // BLOCK, BLOCK, w // BLOCK, BLOCK).permute(0, 2, 4, 1, 3, 5).reshape(-1, c * BLOCK * BLOCK)


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


def encoder_weights(encoder, mean, projection):
    """Writes x -> projection (x - mean) into a bare EncoderTiny; its convolutions see x / 2 + 1 / 2."""
    head, *strided, tail = [m for m in encoder.layers if isinstance(m, torch.nn.Conv2d)]
    for m in encoder.parameters():
        m.data.zero_()
    head.weight.data[:3, :, 1, 1] = torch.eye(3)
    for step, conv in enumerate(strided[:2]):                       # channel (c, dy, dx) <- channel c at (2 y + dy, 2 x + dx)
        for c in range(3 * 4 ** step):
            for d in range(4):
                conv.weight.data[4 * c + d, c, 1 + d // 2, 1 + d % 2] = 1
    k = len(projection)
    p = 2 * projection.reshape(k, 3, 2, 2, 2, 2, 2, 2)              # (c, y2, y1, y0, x2, x1, x0): block position in bits
    # after two steps the channel is ((c, y0 x0), y1 x1); the last step's tap is y2 x2
    last = p.permute(0, 1, 4, 7, 3, 6, 2, 5).reshape(k, 48, 2, 2)
    strided[2].weight.data[:k, :48, 1:, 1:] = last
    tail.weight.data[:, :k, 1, 1] = torch.eye(k)
    tail.bias.data = -projection @ (mean + 1)


def fit(a, b):
    """The affine map that takes latents a [n, c, h, w] to b best: matrix and offset."""
    rows = lambda z: z.permute(0, 2, 3, 1).reshape(-1, z.shape[1])
    x = torch.cat([rows(a), torch.ones(rows(a).shape[0], 1)], 1)
    w = torch.linalg.lstsq(x, rows(b)).solution.T
    fitted = x @ w.T
    print(f'{a.shape[1]} -> {b.shape[1]} latents: {1 - ((fitted - rows(b)).var(0) / rows(b).var(0)).mean():.2f} of the variance', flush=True)
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


CONFIG = {'decoder_block_out_channels': (48,) * 4, 'num_decoder_blocks': (4, 4, 2, 0), 'encoder_block_out_channels': (WIDTH,) * 4,
          'num_encoder_blocks': (0, 0, 0, 0), 'scaling_factor': 1.0, 'shift_factor': 0.0, 'latent_magnitude': 3, 'force_upcast': False}


def fresh(channels):
    """The autoencoder; its decoder drawn so that signals keep their size and residual blocks begin near the identity."""
    vae = AutoencoderTiny(latent_channels=channels, **CONFIG)
    for m in vae.decoder.modules():
        if isinstance(m, torch.nn.Conv2d):
            torch.nn.init.kaiming_normal_(m.weight, nonlinearity='linear')
            if m.bias is not None:
                torch.nn.init.zeros_(m.bias)
    for m in vae.decoder.modules():
        if hasattr(m, 'fuse'):
            m.conv[0].weight.data.mul_(1.4)
            m.conv[2].weight.data.mul_(1.4)
            m.conv[4].weight.data.mul_(0.1)
    vae.decoder.layers[-1].weight.data.mul_(0.3)
    vae.decoder.layers[-1].bias.data.fill_(0.45)
    return vae


if __name__ == '__main__':
    p = argparse.ArgumentParser()
    p.add_argument('--data', required=True)
    p.add_argument('--init', required=True)
    p.add_argument('--out', required=True)
    p.add_argument('--channels', type=int, default=16)
    p.add_argument('--seed', type=int, default=0)
    p.add_argument('--threads', type=int, default=1)
    a = p.parse_args()
    torch.set_num_threads(a.threads)
    r = np.random.default_rng(a.seed)
    x = pictures(a.data, r, 120)
    mean, projection = components(blocks(x), a.channels)
    new = fresh(a.channels)
    encoder_weights(new.encoder, mean, projection)
    if not os.path.isdir(a.init + '/vae'):
        shutil.copytree(a.init + '/tokenizer', a.out + '/tokenizer')
        new.half().save_pretrained(a.out + '/vae')
        raise SystemExit
    old = AutoencoderTiny.from_pretrained(a.init + '/vae', torch_dtype=torch.float32)
    with torch.no_grad():
        z_old, z_new = old.encode(x[:48]).latents, new.encode(x[:48]).latents
    back, shift = fit(z_new, z_old)
    forth, _ = fit(z_old, z_new)
    state = old.decoder.state_dict()
    new.decoder.layers[0] = before(old.decoder.layers[0], back, shift)
    new.decoder.load_state_dict({k: v for k, v in state.items() if not k.startswith('layers.0.')} | {'layers.0.' + k: v for k, v in new.decoder.layers[0].state_dict().items()})
    nets = load(a.init)
    for n in (nets[0], nets[1], nets[3]):
        n.conv_in = before(n.conv_in, back, shift * 0)              # x_t's mean is scaled and mixed: the offset is left to training
        n.register_to_config(in_channels=a.channels)
    nets[0].conv_out = behind(nets[0].conv_out, forth)
    nets[0].register_to_config(out_channels=a.channels)
    export(a.out, [copy.deepcopy(n.state_dict()) for n in nets], nets, a.init)
    shutil.rmtree(a.out + '/vae')
    new.half().save_pretrained(a.out + '/vae')
