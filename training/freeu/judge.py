"""Is a drawn picture recognised, and how far are drawn pictures from real ones: a small classifier of words, learned from real pictures.

  PYTHONPATH=.. python judge.py --icons ICONS --out JUDGE.pt [--minutes 3 --hold "old emojione"]
  PYTHONPATH=.. python judge.py --icons ICONS --judge JUDGE.pt --drawn EVIDENCE        # EVIDENCE/drawn.json, *.rgb: bench/freeu-words.ts

It learns all hands' pictures of all words, moved, dimmed, blurred and noised; what it knows is measured on movements that it has not met,
and on a hand that it has not (--hold).  Of drawn pictures: the share whose word is its first guess and among its first five; the distance
of Fréchet between its 64 features of them and of the real pictures of the same words by the hands that the model learns from; sharpness
(mean gradient) beside theirs; and, against the same noise with FreeU off, how many pictures are recognised there and not here (lost) and
here and not there (gained), with the chance that a coin falls as unevenly (sign test, both sides).
"""
import argparse
import json
import math
import os
import time

import numpy as np
import torch
import torch.nn.functional as F

import words
from blocks import moved, on_white, tensor

FEATURES = 64


class Judge(torch.nn.Module):
    """Pictures [n, 3, 64, 64] in -1..1 -> logits [n, words]; `features` [n, 64]."""

    def __init__(self, count, widths=(32, 64, 128, 128)):
        super().__init__()
        layers = []
        for i, o in zip((3, *widths), widths):
            layers += [torch.nn.Conv2d(i, o, 3, 2, 1), torch.nn.GroupNorm(8, o), torch.nn.SiLU()]
        self.body = torch.nn.Sequential(*layers)
        self.narrow = torch.nn.Linear(widths[-1] * 16, FEATURES)
        self.head = torch.nn.Linear(FEATURES, count)

    def features(self, x):
        return self.narrow(self.body(x).flatten(1))

    def forward(self, x):
        return self.head(F.silu(self.features(x)))


def real(icons, hands=None):
    """Pictures on white and (word, hand) of the words in all hands, or in some."""
    rows = json.load(open(os.path.join(icons, 'icons.json')))['icons']
    pictures = np.load(os.path.join(icons, 'pictures.npy'), mmap_mode='r')
    named = {name: word for word, name in words.NAMED.items()}
    some = [(i, named[r['name']], r['hand']) for i, r in enumerate(rows) if r['name'] in named and (hands is None or r['hand'] in hands)]
    return [on_white(pictures[i]) for i, _, _ in some], [(w, h) for _, w, h in some]


def damaged(x):
    """Contrast, brightness, blur and noise by chance, as drawn pictures have them: [n, 3, h, w]."""
    n = len(x)
    one = lambda lo, hi: torch.empty(n, 1, 1, 1).uniform_(lo, hi)
    soft = F.avg_pool2d(F.pad(x, (2,) * 4, mode='replicate'), 5, 1)
    x = torch.lerp(x, soft, one(-0.3, 1).clamp(min=0))
    return x * one(0.7, 1.1) + one(-0.15, 0.1) + torch.randn_like(x) * one(-0.1, 0.2).clamp(min=0)


def train(icons, minutes, hold, batch=128, lr=2e-3):
    pictures, names = real(icons)
    index = {w: i for i, w in enumerate(words.NAMED)}
    y = torch.tensor([index[w] for w, _ in names])
    held = np.array([h == hold for _, h in names])
    r, judge = np.random.default_rng(1), Judge(len(index))
    opt = torch.optim.AdamW(judge.parameters(), lr=lr, weight_decay=0.05)
    learned, t0, step = np.flatnonzero(~held), time.process_time(), 0
    while (k := (time.process_time() - t0) / (60 * minutes)) < 1:
        for g in opt.param_groups:
            g['lr'] = lr * min(1, (step + 1) / 20) * (1 - k)
        at = r.choice(learned, batch)
        x = damaged(tensor([moved(pictures[i], r, zoom=0.2, shift=5) for i in at]))
        loss = F.cross_entropy(judge(x), y[at], label_smoothing=0.05)
        opt.zero_grad()
        loss.backward()
        opt.step()
        step += 1
        if step % 50 == 0:
            print(f'step {step}, {100 * k:.0f} %, loss {loss.item():.3f}', flush=True)
    other = np.random.default_rng(2)
    for what, at in (('new movements', learned), (f'a hand not met, {hold}', np.flatnonzero(held))):
        with torch.no_grad():
            right = (judge(tensor([moved(pictures[i], other, zoom=0.2, shift=5) for i in at])).argmax(1) == y[at]).float().mean()
        print(f'{what}: {100 * right:.1f} % of {len(at)}')
    return judge


def frechet(a, b):
    """|mean a - mean b|^2 + tr(A + B - 2 (A B)^(1/2)), of features [n, k] as normal distributions."""
    a, b = a.double(), b.double()
    A, B = torch.cov(a.T), torch.cov(b.T)
    both = torch.linalg.eigvals(A @ B).real.clamp(min=0).sqrt().sum()
    return float(((a.mean(0) - b.mean(0)) ** 2).sum() + A.trace() + B.trace() - 2 * both)


def sharpness(x):
    return float(x.diff(dim=2).abs().mean() + x.diff(dim=3).abs().mean())


@torch.no_grad()
def score(judge, x, named, x_real):
    """x [n, 3, 64, 64] with its words; x_real with what it is compared with."""
    index = {w: i for i, w in enumerate(words.NAMED)}
    y, logits, f = torch.tensor([index[w] for w in named]), judge(x), judge.features(x)
    right = logits.argmax(1) == y
    return {'first': float(right.float().mean()), 'right': right.tolist(),
            'five': float((logits.topk(5).indices == y[:, None]).any(1).float().mean()),
            'frechet': frechet(f, judge.features(x_real)), 'sharpness': sharpness(x) / sharpness(x_real)}


def against(right, off):
    """'gained, lost, chance' of the same pictures under two settings."""
    if off is None or len(off) != len(right):
        return ''
    gained, lost = (sum(x and not y for x, y in zip(*ab)) for ab in ((right, off), (off, right)))
    n = gained + lost
    chance = min(1.0, 2 * sum(math.comb(n, i) for i in range(min(gained, lost) + 1)) / 2 ** n)
    return f'+{gained} -{lost}, {chance:.2f}'


if __name__ == '__main__':
    p = argparse.ArgumentParser()
    p.add_argument('--icons', required=True)
    p.add_argument('--out')
    p.add_argument('--judge')
    p.add_argument('--drawn')
    p.add_argument('--minutes', type=float, default=3)
    p.add_argument('--hold', default='old emojione')
    a = p.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    if a.out:
        torch.save(train(a.icons, a.minutes, a.hold).state_dict(), a.out)
        raise SystemExit
    judge = Judge(len(words.NAMED))
    judge.load_state_dict(torch.load(a.judge))
    info = json.load(open(os.path.join(a.drawn, 'drawn.json')))
    named = info['words']
    pictures, names = real(a.icons, words.HANDS)
    x_real = tensor([q for q, (w, _) in zip(pictures, names) if w in set(named)])
    other = np.random.default_rng(3)
    again = tensor([moved(q, other) for q, (w, _) in zip(pictures, names) if w in set(named)])
    table = {'the real ones, moved': score(judge, again, [w for w, _ in names if w in set(named)], x_real)}
    for setting, file in info['settings'].items():
        drawn = np.fromfile(os.path.join(a.drawn, file), np.uint8).reshape(-1, 64, 64, 3)
        table[setting] = score(judge, tensor(drawn), named, x_real)
    off = table.get('off', {}).get('right')
    print('| setting | first guess | first five | Fréchet | sharpness | against off |\n| --- | --- | --- | --- | --- | --- |')
    for setting, s in table.items():
        row = against(s.pop('right'), off) if setting in info['settings'] and setting != 'off' else ''
        print(f'| {setting} | {100 * s["first"]:.0f} % | {100 * s["five"]:.0f} % | {s["frechet"]:.2f} | {s["sharpness"]:.2f} | {row} |')
    json.dump(table, open(os.path.join(a.drawn, 'scores.json'), 'w'), indent=2)
