"""Numbers on held-out pictures: is each style recognised, and how near is the result to the procedural style?

  python evaluate.py --model PIPELINE --images FILE [FILE ...] [--width 384 --height 256 --strength 0.6 --cfg 2 ...]

For each prompt the result is compared with all the procedural renderings of the same picture (RGB at a quarter
of the size, and local contrast); 'right' = the nearest one is the style that was asked for.
"""
import argparse
from collections import defaultdict

import cv2
import numpy as np
import torch

import sample
import styles

ASK = {'watercolor': 'watercolor', 'oil': 'oil', 'van gogh': 'vangogh', 'pencil': 'pencil', 'comic': 'comic', 'anime': 'anime', 'cartoon': 'cartoon',
       'mosaic': 'mosaic', 'stained glass': 'stained_glass', 'neon': 'neon', 'charcoal': 'charcoal', 'pixel art': 'pixel_art', 'ukiyo-e': 'ukiyoe',
       'pastel': 'pastel', 'monet': 'impressionist', 'winter': 'winter', 'autumn': 'autumn', 'night': 'night', 'line art': 'lineart',
       'blueprint': 'blueprint', 'noir': 'noir', 'photo': 'photo'}


def feature(im):
    x = im.astype(np.float32) / 255
    h, w = x.shape[:2]
    small = cv2.resize(x, (w // 4, h // 4), interpolation=cv2.INTER_AREA)
    y = styles.luma(x)
    det = np.abs(y - styles.gauss(y, 3))
    det = cv2.resize(det, (w // 16, h // 16), interpolation=cv2.INTER_AREA)
    return small, det


def distance(a, b):
    return float(((a[0] - b[0]) ** 2).mean() + 4 * ((a[1] - b[1]) ** 2).mean())


def psnr(a, b):
    return float(10 * np.log10(255 ** 2 / ((a.astype(np.float32) - b.astype(np.float32)) ** 2).mean()))


if __name__ == '__main__':
    p = argparse.ArgumentParser()
    p.add_argument('--model', required=True)
    p.add_argument('--images', nargs='+', required=True)
    p.add_argument('--width', type=int, default=384)
    p.add_argument('--height', type=int, default=256)
    p.add_argument('--only', nargs='*')
    p.add_argument('--negative', default='')
    p.add_argument('--strength', type=float, default=0.6)
    p.add_argument('--cfg', type=float, default=2.0)
    p.add_argument('--steps', type=int, default=8)
    p.add_argument('--control', type=float, default=1.0)
    p.add_argument('--freeu', type=float, nargs=4)
    p.add_argument('--threads', type=int, default=1)
    a = p.parse_args()
    torch.set_num_threads(a.threads)
    pipe = sample.pipeline(a.model)
    if a.freeu:
        pipe.enable_freeu(b1=a.freeu[0], b2=a.freeu[1], s1=a.freeu[2], s2=a.freeu[3])
    right, near, src, conf = defaultdict(int), defaultdict(list), defaultdict(list), defaultdict(list)
    for f in a.images:
        im = sample.load(f, a.width, a.height)
        ref = {s: styles.apply(s, im) for s in styles.STYLES}
        feat = {s: feature(r) for s, r in ref.items()}
        for name, prompt in sample.PROMPTS:
            if name not in ASK or (a.only and name not in a.only):
                continue
            out = sample.run(pipe, im, prompt, a.negative, a.strength, a.cfg, a.steps, a.control)
            ft = feature(out)
            best = min(feat, key=lambda s: distance(feat[s], ft))
            right[name] += best == ASK[name]
            conf[name].append(best)
            near[name].append(psnr(out, ref[ASK[name]]))
            src[name].append(psnr(im, ref[ASK[name]]))
    n = len(a.images)
    for s in near:
        wrong = sorted({c for c in conf[s] if c != ASK[s]})
        print(f'{s:14s} right {right[s]}/{n}  PSNR to the style {np.mean(near[s]):5.1f} dB (the source: {np.mean(src[s]):5.1f})  {wrong}')
    print(f'TOTAL right {sum(right.values())}/{n * len(near)}  PSNR {np.mean([np.mean(v) for v in near.values()]):.2f} dB '
          f'(the source: {np.mean([np.mean(v) for v in src.values()]):.2f})')
