"""A pipeline whose U-Net and ControlNets have twice as many channels at the outermost level, drawing what the narrow ones draw.

  python widen.py --init PIPELINE --out PIPELINE

Net2Net (T. Chen, I. Goodfellow, J. Shlens 2015): every channel of that level is there twice, whoever reads it takes half of each, and a
little noise lets the two part.  Side by side, copies keep the statistics of their norm group.  Only where such channels are joined to
others do groups shift. Afterwards the second copies of conv_in also read one latent channel each, and the last shortcut passes them on:
fine channels are small beside the means, and nothing of them reached the end before.
"""
import argparse

import torch
from diffusers import AutoencoderDC, ControlNetModel, UNet2DConditionModel

from train_diffusion import export, load


def joined_at(outer, inner):
    """Inputs that join channels of the outermost level (True, to be doubled) to those of the next one, in order."""
    return {'up_blocks.2.resnets.1': ((inner, False), (outer, True)), 'up_blocks.3.resnets.0': ((inner, False), (outer, True)),
            'up_blocks.3.resnets.1': ((outer, True), (outer, True))}


def sources(name, old, new, joins):
    """Index of the old channel that each new one copies."""
    joined = next((v for k, v in joins.items() if name.startswith(k) and sum(n for n, _ in v) == old), None)
    if old == new:
        return torch.arange(old)
    if joined is None:
        return torch.arange(old).repeat_interleave(new // old)
    parts, at = [], 0
    for n, doubled in joined:
        parts.append(torch.arange(at, at + n).repeat_interleave(2 if doubled else 1))
        at += n
    return torch.cat(parts)


def copied(name, w, shape, joins):
    """Weight w in the wider shape; columns that were split share their weight."""
    if w.ndim == 1:
        return w[sources(name, len(w), shape[0], joins)]
    if name == 'time_embedding.linear_1.weight':                  # twice the frequencies: the even ones are the former
        wide = torch.zeros(shape[0], shape[1])
        wide[:, ::2] = w[sources(name, w.shape[0], shape[0], joins)]
        return wide
    rows, columns = sources('', w.shape[0], shape[0], joins), sources(name, w.shape[1], shape[1], joins)
    share = 1 / torch.bincount(columns, minlength=w.shape[1]).float()
    return (w * share.view(1, -1, *[1] * (w.ndim - 2)))[rows][:, columns]


def widen(net, kind, noise):
    width = list(net.config.block_out_channels)
    wide = kind.from_config({**net.config, 'block_out_channels': (2 * width[0], *width[1:])})
    old, new = net.state_dict(), wide.state_dict()
    for name, w in new.items():
        v = copied(name, old[name], w.shape, joined_at(width[0], width[1]))
        if v.shape != old[name].shape and v.ndim > 1:
            v = v + noise * v.std() * torch.randn_like(v)
        new[name] = v
    wide.load_state_dict(new)
    return wide


def see_fine(unet, spread=0.3, level=0.65, first=8):
    """In place: copy j of each pair of conv_in's results (of about the given level) reads latent channel j, too; `spread` is a fine
    channel's deviation in photographs."""
    read, passed = unet.conv_in.weight.data, unet.up_blocks[-1].resnets[-1].conv_shortcut.weight.data
    offset = passed.shape[1] - len(read)                        # the skip follows what comes from below
    for j in range(first, min(read.shape[1], len(read) // 2)):
        read[2 * j + 1, j, 1, 1] += 0.5 * level / spread
        passed[2 * j + 1, offset + 2 * j + 1, 0, 0] += 1


if __name__ == '__main__':
    p = argparse.ArgumentParser()
    p.add_argument('--init', required=True)
    p.add_argument('--out', required=True)
    p.add_argument('--noise', type=float, default=0.05, help='of a weight\'s deviation')
    p.add_argument('--seed', type=int, default=0)
    a = p.parse_args()
    torch.manual_seed(a.seed)
    unet, tile, text, canny = load(a.init)
    nets = [widen(unet, UNet2DConditionModel, a.noise), widen(tile, ControlNetModel, a.noise), text, widen(canny, ControlNetModel, a.noise)]
    x, t, h = torch.randn(1, unet.config.in_channels, 32, 32), torch.tensor([500]), torch.randn(1, 77, 128)
    with torch.no_grad():
        y, z = (n(x, t, h).sample for n in (unet, nets[0]))
    print(f'of the narrow U-Net\'s result, {1 - ((y - z).var() / y.var()).item():.2f} of the variance is kept')
    see_fine(nets[0])
    export(a.out, AutoencoderDC.from_pretrained(a.init + '/vae', torch_dtype=torch.float32), [n.state_dict() for n in nets], nets,
           a.init + '/tokenizer')
