"""What the second pass of two styles really begins at: the network's own textures, and the teacher's tones over them.

  python drawn.py --data DATA --model PIPELINE --latents LATENTS [--short 320]

Of every whole picture of DATA (NAME.0.npy) one crop, drawn in all textures of styles.TEXTURES as the program does, guided by 2: written as
DATA/NAME.d.npy and LATENTS/NAME.d.pt, in the form of `data.py` and `latents.py`, with `drawn: True`.  train_diffusion.py takes second
passes from it alone.  Resumable; five seconds a picture.
"""
import argparse
import glob
import os
import zlib

import numpy as np
import torch
import torch.nn.functional as F

import sample
import styles
from controls import WORDS
from latents import NAMES, PHOTO, as_matrix, draw_pairs
from train_diffusion import restyle, run_of, signal_and_noise

SIGNED = lambda x: torch.from_numpy(np.ascontiguousarray(x)).permute(0, 3, 1, 2).float() / 127.5 - 1


@torch.no_grad()
def textures(pipe, photo, cfg=2.0, steps=4):
    """uint8 [h, w, 3] -> its drawings, uint8 [textures, h, w, 3], in the order of styles.TEXTURES."""
    vae, nets, tok, plan = pipe
    n = len(styles.TEXTURES)
    words = [WORDS[t] for t in styles.TEXTURES]
    ids, empty = (torch.from_numpy(tok(x, padding='max_length', max_length=77, truncation=True, return_tensors='np').input_ids)
                  for x in (words, ['']))
    rgb = SIGNED(photo[None])
    z = restyle(nets, vae.encode(rgb).latent.expand(n, -1, -1, -1), (rgb / 2 + 0.5).expand(n, -1, -1, -1), ids, empty,
                signal_and_noise(plan.config), run_of(plan, steps, 1.0), cfg)
    return torch.cat([vae.decode(x).sample for x in z.split(1)]).clamp(-1, 1).add(1).mul(127.5).round().byte().permute(0, 2, 3, 1).numpy()


@torch.no_grad()
def encode(every, linear, pairs):
    """A file of LATENTS: the photo, the drawn textures, the teacher's tones over them."""
    below = [NAMES.index(t) for t in styles.TEXTURES]
    pictures = [every[PHOTO], *(every[k] for k in below), *(styles.apply(NAMES[tone], every[k]) for k, tone in pairs)]
    z = torch.cat([F.conv2d(SIGNED(p[None]), *linear, stride=8).half() for p in pictures])
    return {'z': z, 'style': torch.tensor([PHOTO, *below, *(k for k, _ in pairs)]),
            'tone': torch.tensor([-1] * (1 + len(below)) + [t for _, t in pairs]),
            'rgb': torch.from_numpy(every[PHOTO].copy()).permute(2, 0, 1).contiguous(), 'drawn': True}


if __name__ == '__main__':
    p = argparse.ArgumentParser()
    p.add_argument('--data', required=True)
    p.add_argument('--model', required=True)
    p.add_argument('--latents', required=True)
    p.add_argument('--short', type=int, default=320, help='of the crop, pixels')
    p.add_argument('--pairs', type=int, default=36)
    p.add_argument('--threads', type=int, default=1)
    a = p.parse_args()
    torch.set_num_threads(a.threads)
    pipe = sample.pipeline(a.model, (1.1, 1.2, 1, 0.9))
    linear = as_matrix(pipe[0])
    for i, f in enumerate(sorted(glob.glob(os.path.join(a.data, '*.0.npy')), key=lambda f: zlib.crc32(f.encode()))):
        name = os.path.basename(f)[:-6] + '.d'
        dst = os.path.join(a.latents, name + '.pt')
        if os.path.exists(dst):
            continue
        photo = np.load(f, mmap_mode='r')[PHOTO]
        y, x = ((side - a.short) // 128 * 64 for side in photo.shape[:2])              # the middle, on the period of the textures
        every = np.zeros((len(NAMES), a.short, a.short, 3), np.uint8)
        every[PHOTO] = photo[y:y + a.short, x:x + a.short]
        every[[NAMES.index(t) for t in styles.TEXTURES]] = textures(pipe, every[PHOTO])
        np.save(os.path.join(a.data, name + '.npy'), every)
        torch.save(encode(every, linear, draw_pairs(name, a.pairs)), dst + '.tmp')
        os.replace(dst + '.tmp', dst)
        if i % 10 == 0:
            print(i, name, flush=True)
