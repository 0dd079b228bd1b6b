"""A small classifier of the procedural styles and of their pairs: the judge of `evaluate.py` and of `controls.py`, so that "is the style
recognised?" and "are both?" are numbers.

  python classifier.py --data DATA --vae VAE --images HELD_OUT... --out CLASSIFIER.pt [--steps 2000]

Trained on DATA's renderings alone, a half of them with a tone over the texture; it names the surface and the tone apart from each other.
Its own accuracy is printed on renderings of the held-out pictures, whole, at two sizes.
It sees source and result, at random scale; the result with other light and saturation, a little blurred, compressed or passed through the
autoencoder, because a network's result is softer than the teacher's and should not be told apart by that.
"""
import argparse
import glob
import os

import cv2
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from diffusers import AutoencoderDC

import sample
import styles
from likeness import tensor
from muon import optimizers

NAMES = list(styles.STYLES)
PHOTO = NAMES.index('photo')
SURFACES = [name for name in NAMES if name not in styles.TONES]      # what is left of a single tone is the photo
TONES = ['', *styles.TONES]


class Judge(nn.Module):
    """Colours and local statistics: strided convolutions, then mean and deviation of every feature over the picture."""

    def __init__(self, width=(24, 48, 96, 128)):
        super().__init__()
        steps, c = [], 6
        for w in width:
            steps += [nn.Conv2d(c, w, 3, 2, 1), nn.GroupNorm(8, w), nn.SiLU(), nn.Conv2d(w, w, 3, 1, 1), nn.SiLU()]
            c = w
        self.features, self.head = nn.Sequential(*steps), nn.Linear(2 * c, len(SURFACES) + len(TONES))

    def forward(self, source, x):
        """source, x: [n, 3, h, w] in -1..1 -> logits [n, surfaces], [n, tones].  The source is seen too: "autumn" of a red picture is told
        from the picture itself by nothing else."""
        f = self.features(torch.cat([x, x - source], 1))
        return self.head(torch.cat([f.mean((2, 3)), f.std((2, 3))], 1)).split([len(SURFACES), len(TONES)], 1)


def degrade(im, r):
    """The softness, light and saturation of a network's result: float RGB in -1..1."""
    if r.uniform() < 0.5:
        im = cv2.GaussianBlur(im, (0, 0), r.uniform(0.3, 1.1))
    if r.uniform() < 0.4:
        im = cv2.imdecode(cv2.imencode('.jpg', im, [cv2.IMWRITE_JPEG_QUALITY, int(r.integers(50, 95))])[1], 1)
    x = im.astype(np.float32) / 127.5 - 1
    grey = x.mean(2, keepdims=True)
    return grey + (x - grey) * r.uniform(0.85, 1.1) * r.uniform(0.93, 1.07) + r.uniform(-0.05, 0.05)


def choose(r):
    """A single style, or half of the time a texture and a tone: (name of the rendering, tone that comes over it or '')."""
    if r.uniform() < 0.5:
        return NAMES[r.integers(len(NAMES))], ''
    return styles.TEXTURES[r.integers(len(styles.TEXTURES))], styles.TONES[r.integers(len(styles.TONES))]


def labels(name, tone=''):
    """Indices into SURFACES and TONES."""
    return (PHOTO, TONES.index(name)) if name in styles.TONES else (SURFACES.index(name), TONES.index(tone))


def batch(files, n, size, r, vae, coded):
    """Crops (source, result, surface and tone) at random scale; the first `coded` results pass through the autoencoder, as every result of
    the model does."""
    xs, ps = np.empty((n, 3, size, size), np.float32), np.empty((n, 3, size, size), np.float32)
    ys = np.empty((n, 2), np.int64)
    for i in range(n):
        a = np.load(files[r.integers(len(files))], mmap_mode='r')
        name, tone = choose(r)
        ys[i] = labels(name, tone)
        k = r.uniform(0.8, 1.25)
        big = min(int(size / k) + 1, *a.shape[1:3])
        y, x = r.integers(a.shape[1] - big + 1), r.integers(a.shape[2] - big + 1)
        result = a[NAMES.index(name)]
        result = styles.apply(tone, np.ascontiguousarray(result)) if tone else result      # whole, as levels are found in the whole
        crops = (np.ascontiguousarray(q[y:y + big, x:x + big]) for q in (a[PHOTO], result))
        photo, im = (cv2.resize(crop, (size, size), interpolation=cv2.INTER_AREA) for crop in crops)
        if i < coded:
            with torch.no_grad():
                im = vae.decode(vae.encode(tensor(im)).latent).sample[0].clamp(-1, 1).add(1).mul(127.5).permute(1, 2, 0).byte().numpy()
        xs[i], ps[i] = degrade(im, r).transpose(2, 0, 1), photo.transpose(2, 0, 1) / 127.5 - 1
    return torch.from_numpy(ps), torch.from_numpy(xs), torch.from_numpy(ys)


def load(path):
    net = Judge()
    net.load_state_dict(torch.load(path))
    return net.eval()


def see(net, source, result):
    """What is seen in `result`, both uint8 RGB of one size: a style ("oil"), or a texture and a tone ("oil+night")."""
    with torch.no_grad():
        surface, tone = (int(logits[0].argmax()) for logits in net(tensor(source), tensor(result)))
    if tone == 0:
        return SURFACES[surface]
    return TONES[tone] if surface == PHOTO else f'{SURFACES[surface]}+{TONES[tone]}'


def on_renderings(net, images):
    """How many renderings of pictures are known, singles and pairs: prints both."""
    wrong, n = {}, {1: 0, 2: 0}
    for f in images:
        for side in (384, 512):
            im = sample.load(f, side, side)
            every = {s: styles.apply(s, im) for s in NAMES}
            every |= {f'{a}+{b}': styles.apply(b, every[a]) for a in styles.TEXTURES for b in styles.TONES}
            for s, rendering in every.items():
                saw = see(net, im, rendering)
                n[1 + ('+' in s)] += 1
                if saw != s:
                    wrong[s, saw] = wrong.get((s, saw), 0) + 1
    pairs = sum(k for (s, _), k in wrong.items() if '+' in s)
    print(f'held-out renderings: singles {n[1] - sum(wrong.values()) + pairs} of {n[1]}, pairs {n[2] - pairs} of {n[2]} right', wrong)


if __name__ == '__main__':
    p = argparse.ArgumentParser()
    p.add_argument('--data', required=True)
    p.add_argument('--vae', required=True)
    p.add_argument('--images', nargs='+', required=True, help='pictures that are not in DATA')
    p.add_argument('--out', required=True)
    p.add_argument('--steps', type=int, default=2000)
    p.add_argument('--seed', type=int, default=0)
    p.add_argument('--threads', type=int, default=1)
    a = p.parse_args()
    torch.set_num_threads(a.threads)
    torch.manual_seed(a.seed)
    r = np.random.default_rng(a.seed)
    files = sorted(glob.glob(os.path.join(a.data, '*.[0-9].npy')))
    net = Judge()
    vae = AutoencoderDC.from_pretrained(a.vae, torch_dtype=torch.float32)
    opts = optimizers(list(net.named_parameters()), 3e-3)
    run = []
    for step in range(a.steps):
        source, x, y = batch(files, 32, 192, r, vae, coded=4)
        loss = sum(F.cross_entropy(logits, y[:, i]) for i, logits in enumerate(net(source, x)))
        loss.backward()
        for o in opts:
            for g in o.param_groups:
                g['lr'] = 3e-3 * min(1, (step + 1) / 50) * max(0.02, 1 - step / a.steps)
            o.step()
            o.zero_grad()
        run.append(loss.item())
        if step % 100 == 99:
            print(f'step {step + 1}, loss {np.mean(run[-100:]):.3f}', flush=True)
            torch.save(net.state_dict(), a.out)
    net.eval()
    on_renderings(net, a.images)
