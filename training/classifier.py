"""A small classifier of the procedural styles: the judge of `evaluate.py`, so that "is the style recognised?" is a number.

  python classifier.py --data DATA --images HELD_OUT... --out CLASSIFIER.pt [--steps 1500]

Trained on DATA's renderings alone; its own accuracy is printed on renderings of the held-out pictures, whole, at two sizes.
It sees crops at random scale, brightness and saturation, a little blurred or compressed, because a network's result is
softer than the teacher's and should not be told apart by that.
"""
import argparse
import glob
import os

import cv2
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

import sample
import styles

NAMES = list(styles.STYLES)


class Judge(nn.Module):
    """Colours and local statistics: strided convolutions, then mean and deviation of every feature over the picture."""

    def __init__(self, width=(24, 48, 96, 128)):
        super().__init__()
        steps, c = [], 3
        for w in width:
            steps += [nn.Conv2d(c, w, 3, 2, 1), nn.GroupNorm(8, w), nn.SiLU(), nn.Conv2d(w, w, 3, 1, 1), nn.SiLU()]
            c = w
        self.features, self.head = nn.Sequential(*steps), nn.Linear(2 * c, len(NAMES))

    def forward(self, x):
        """x: [n, 3, h, w] in -1..1 -> logits [n, styles]."""
        f = self.features(x)
        return self.head(torch.cat([f.mean((2, 3)), f.std((2, 3))], 1))


def degrade(im, r):
    """Random scale, light, and the softness of a network's result."""
    k = r.uniform(0.75, 1.3)
    im = cv2.resize(im, None, fx=k, fy=k, interpolation=cv2.INTER_AREA if k < 1 else cv2.INTER_LINEAR)
    if r.uniform() < 0.5:
        im = cv2.GaussianBlur(im, (0, 0), r.uniform(0.3, 1.2))
    if r.uniform() < 0.5:
        im = cv2.imdecode(cv2.imencode('.jpg', im, [cv2.IMWRITE_JPEG_QUALITY, int(r.integers(40, 95))])[1], 1)
    x = im.astype(np.float32) / 127.5 - 1
    grey = x.mean(2, keepdims=True)
    return grey + (x - grey) * r.uniform(0.85, 1.15) * r.uniform(0.9, 1.1) + r.uniform(-0.08, 0.08)


def batch(files, n, size, r):
    xs, ys = np.empty((n, 3, size, size), np.float32), r.integers(len(NAMES), size=n)
    for i in range(n):
        a = np.load(files[r.integers(len(files))], mmap_mode='r')[ys[i]]
        big = int(size / 0.7)
        y, x = r.integers(a.shape[0] - big + 1), r.integers(a.shape[1] - big + 1)
        c = degrade(np.ascontiguousarray(a[y:y + big, x:x + big]), r)
        xs[i] = c[:size, :size].transpose(2, 0, 1)
    return torch.from_numpy(xs), torch.from_numpy(ys)


def tensor(im):
    return torch.from_numpy(im.copy()).permute(2, 0, 1)[None].float() / 127.5 - 1


def load(path):
    net = Judge()
    net.load_state_dict(torch.load(path))
    return net.eval()


if __name__ == '__main__':
    p = argparse.ArgumentParser()
    p.add_argument('--data', required=True)
    p.add_argument('--images', nargs='+', required=True, help='pictures that are not in DATA')
    p.add_argument('--out', required=True)
    p.add_argument('--steps', type=int, default=1500)
    p.add_argument('--seed', type=int, default=0)
    p.add_argument('--threads', type=int, default=1)
    a = p.parse_args()
    torch.set_num_threads(a.threads)
    torch.manual_seed(a.seed)
    r = np.random.default_rng(a.seed)
    files = sorted(glob.glob(os.path.join(a.data, '*.[0-9].npy')))
    net = Judge()
    opt = torch.optim.AdamW(net.parameters(), lr=2e-3, weight_decay=0.01)
    rate = torch.optim.lr_scheduler.OneCycleLR(opt, 2e-3, a.steps)
    run = []
    for step in range(a.steps):
        x, y = batch(files, 32, 160, r)
        loss = F.cross_entropy(net(x), y)
        loss.backward()
        opt.step()
        opt.zero_grad()
        rate.step()
        run.append(loss.item())
        if step % 100 == 99:
            print(f'step {step + 1}, loss {np.mean(run[-100:]):.3f}', flush=True)
    torch.save(net.state_dict(), a.out)
    net.eval()
    wrong, n = {}, 0
    with torch.no_grad():
        for f in a.images:
            for side in (384, 512):
                im = sample.load(f, side, side)
                for k, s in enumerate(NAMES):
                    best = int(net(tensor(styles.apply(s, im)))[0].argmax())
                    n += 1
                    if best != k:
                        wrong[s, NAMES[best]] = wrong.get((s, NAMES[best]), 0) + 1
    print(f'held-out renderings: {n - sum(wrong.values())} of {n} right', wrong)
