"""How much of what a style changes is left wrong by one prediction, on held-out pictures: the figure to train by, 15 seconds.

  python errors.py --images HELD_OUT... --model PIPELINE... [--size 256]

Every style and 15 pairs of texture and tone of each picture.  Relative to each latent channel's own change (FLOOR as in training), means
over channels, styles and pictures, at the first step of a run at full strength, half-way and at its last eighth.  Of two styles also what
is wrong beside the texture alone: relative to what it changes below the tone, in the channels behind the first six (means and slopes).
Of the 15 pairs also the second pass by itself: the tone over the texture's rendering.
Weights of the schedule before (`retime.py`) are measured by their first step alone: they aim at something else later.
"""
import argparse

import numpy as np
import torch
import torch.nn.functional as F
from diffusers import AutoencoderDC, DDIMScheduler
from transformers import CLIPTokenizer

import captions
import sample
import styles
from latents import NAMES, as_matrix
from train_diffusion import FLOOR, forward, load, prepare, signal_and_noise

TIMES = (999, 499, 124)
COARSE = 6      # channels that hold means and slopes


def tensor(im):
    return torch.from_numpy(np.array(im)[None]).permute(0, 3, 1, 2).float()


def renderings(path, size, linear):
    """What is asked for: latents of the sources, the targets and what lies below them (the tone of a pair, else the photo), each
    [n, c, h, w]; captions; the sources in 0..1; of which kind: 0 one style, 1 two, 2 a tone over a texture."""
    im = sample.load(path, size, size)
    single = {n: styles.apply(n, im) for n in NAMES if n not in ('photo', 'blurry')}
    both = [(t, styles.TONES[i % len(styles.TONES)]) for i, t in enumerate(styles.TEXTURES)]
    pairs = [styles.apply(tone, single[texture]) for texture, tone in both]
    textures, tones = ([single[names[k]] for names in both] for k in (0, 1))
    photos = [im] * len(single)
    pictures = {'sources': photos + [im] * len(both) + textures, 'targets': [*single.values(), *pairs, *pairs],
                'below': photos + tones + textures}
    r = np.random.default_rng(3)
    text = [captions.caption(n, r) for n in single] + [captions.pair(*b, r) for b in both] + [captions.caption(t, r) for _, t in both]
    z = [F.conv2d(torch.cat([tensor(x) / 127.5 - 1 for x in xs]), *linear, stride=8) for xs in pictures.values()]
    kind = torch.tensor([0] * len(single) + [1] * len(both) + [2] * len(both))
    return *z, text, torch.cat([tensor(x) / 255 for x in pictures['sources']]), kind


def errors(nets, tokenizer, levels, sources, z, below, text, rgb):
    """[n, times, 2]: relative to the whole change, and to what is changed on `below`."""
    (a, s), n = levels, len(z)
    ids = torch.from_numpy(tokenizer(text, padding='max_length', max_length=77, truncation=True, return_tensors='np').input_ids)
    change, rows = z - sources, []
    part = ((z - below) ** 2).mean((2, 3))[:, COARSE:] + FLOOR / 2
    for t in TIMES:
        torch.manual_seed(0)
        shown = 1 - (s[t] / a[t]) / (s[-1] / a[-1])
        x = a[t] * (sources + shown * change) + s[t] * torch.randn_like(z)
        v = forward(nets, x, torch.full((n,), t), ids, rgb, torch.ones(n, 1, 1, 1))
        wrong = v * s[-1] + change                                                      # the noise in v is not seen in pictures
        square = (wrong ** 2).mean((2, 3))
        whole = square / ((change ** 2).mean((2, 3)) + FLOOR)
        rows.append(torch.stack([whole.mean(1), (square[:, COARSE:] / part).mean(1)], 1))
    return torch.stack(rows, 1)


if __name__ == '__main__':
    p = argparse.ArgumentParser()
    p.add_argument('--images', nargs='+', required=True)
    p.add_argument('--model', nargs='+', required=True)
    p.add_argument('--size', type=int, default=256)
    p.add_argument('--threads', type=int, default=1)
    a = p.parse_args()
    torch.set_num_threads(a.threads)
    with torch.no_grad():
        linear = as_matrix(AutoencoderDC.from_pretrained(a.model[0] + '/vae', torch_dtype=torch.float32))
        pictures = [renderings(f, a.size, linear) for f in a.images]
        for model in a.model:
            nets, tokenizer = load(model), CLIPTokenizer.from_pretrained(model + '/tokenizer')
            prepare(nets)
            levels = signal_and_noise(DDIMScheduler.from_pretrained(model + '/scheduler').config)
            e = torch.stack([errors(nets, tokenizer, levels, *inputs) for *inputs, _ in pictures]).mean(0)
            kind = pictures[0][-1]
            row = lambda k, of=0: ' '.join(f'{x:.2f}' for x in e[kind == k, :, of].mean(0))
            print(f'{model}: one style {row(0)}, two {row(1)}, the texture of two {row(1, 1)}, a tone over a texture {row(2)}', flush=True)
