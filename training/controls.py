"""Do strength and pairs of styles act?  On held-out pictures, in the program's timesteps and passes.

  python controls.py --model PIPELINE --images HELD_OUT... --out DIR [--classifier JUDGE.pt] [--styles oil ... --strengths 0.3 0.5 0.75 1]
         [--pairs 15 --again 0.5]

Strength: how far a picture is on the way from the source (0 %) to strength 1 (100 %).  With f a map of features, the share is
|f(x) - f(source)| / |f(full) - f(source)|, norms over the picture, where f is Lab after an 8-pixel blur (colour) or the gradient's
magnitude (edges).  At strength 1: colour, sharpness and edges of `evaluate.py`, and right: whether the style is what is seen.
Two styles are drawn as the program does: the texture, once more over itself for a share of the strength (`--again`, the option
--first-again), then the tone over it, with the options that the model's `rerender.json` has for that tone; every picture with every pair.
What is seen, nearest: each result is compared with the procedural renderings of all pairs of texture and tone and of all single styles, of
which the one most like it (`likeness.unlikeness`) is seen.  That asks for strokes at the same places, so a drawing in pencil, which film
noir hardly changes, is not told from one in noir.  What is seen, named: the classifier's word (`classifier.py`), where there is one.
"""
import argparse
import json
import os

import cv2
import numpy as np
import torch

import sample
import styles
import classifier
from evaluate import PRESETS, gradient, lab
from likeness import nearest

WORDS = {'watercolor': 'a watercolor painting', 'oil': 'an oil painting', 'vangogh': 'a painting by Vincent van Gogh',
         'impressionist': 'an impressionist painting', 'pencil': 'a pencil drawing', 'lineart': 'ink line art', 'comic': 'a comic book',
         'anime': 'anime style', 'cartoon': 'a flat cartoon', 'mosaic': 'a roman mosaic', 'stained_glass': 'a stained glass window',
         'neon': 'cyberpunk, neon lights',
         'charcoal': 'a charcoal drawing', 'pixel_art': 'pixel art', 'ukiyoe': 'a japanese woodblock print',
         'pastel': 'a soft pastel drawing', 'winter': 'covered in snow', 'autumn': 'golden autumn', 'night': 'a night scene',
         'noir': 'film noir', 'sepia': 'an old sepia photograph', 'blueprint': 'a blueprint', 'golden': 'golden hour'}

# What the program draws for a tone: models/rerender-mini/rerender.json.
TONE = {'winter': 'covered in snow, winter', 'autumn': 'golden autumn', 'night': 'a night scene, moonlight', 'noir': 'film noir',
        'sepia': 'an old sepia photograph', 'golden': 'golden hour'}


def share(f, source, x, full):
    """How far x is from the source, of the way to `full`, in %."""
    a, b, c = (f(q) for q in (source, x, full))
    return 100 * float(np.linalg.norm(b - a) / (np.linalg.norm(c - a) + 1e-9))


def strength_rows(draw, sources, every, names, strengths, steps):
    rows = {}
    for name in names:
        figures = []
        for im, known in zip(sources, every):
            results = {s: draw(im, WORDS[name], s, steps(name)) for s in [*strengths, 1.0]}
            target = styles.apply(name, im)
            figures.append([[share(lab, im, results[s], results[1.0]), share(gradient, im, results[s], results[1.0])] for s in strengths]
                           + [[float(np.linalg.norm(lab(target) - lab(results[1.0]), axis=2).mean()),
                               float(gradient(results[1.0]).mean() / gradient(target).mean())],
                              [float(nearest(known, results[1.0]).split('+')[0] == name),
                               float(np.corrcoef(gradient(im).ravel(), gradient(results[1.0]).ravel())[0, 1])]])
        rows[name] = np.mean(figures, 0).tolist()
        print(name, ' '.join(f'{c:.0f}/{e:.0f}' for c, e in rows[name][:-2]),
              '| colour %.1f, sharpness %.2f, right %.1f, edges %.2f' % tuple(rows[name][-2] + rows[name][-1]), flush=True)
    return rows


def renderings(im):
    """Every single style and every pair, by names such as 'oil', 'oil+night'."""
    every = {n: styles.apply(n, im) for n in styles.STYLES if n != 'blurry'}
    return every | {f'{a}+{b}': styles.apply(b, every[a]) for a in styles.TEXTURES for b in styles.TONES}


def grey(im):
    """Without its colours, as `--second-from grey` has it: BT.709's luma of each pixel."""
    return np.repeat(np.round(im @ np.float64([0.2126, 0.7152, 0.0722]))[..., None], 3, 2).astype(np.uint8)


def advice(model):
    """The options that a model recommends; by `styles.options` those that suit a tone's words: `secondAgain`, `secondFrom`."""
    path = os.path.join(model, 'rerender.json')
    return json.load(open(path)) if os.path.exists(path) else {}


def steps_of(own, name):
    """The steps of the preset that draws a style."""
    presets = own.get('presets', {})
    return next((presets[p]['steps'] for p, s in PRESETS.items() if s == name and 'steps' in presets.get(p, {})), own.get('steps', 4))


def draw_tone(draw, texture, words, options):
    result = draw(grey(texture) if options.get('secondFrom') == 'grey' else texture, words, 1.0)
    share = options.get('secondAgain', 0)
    return draw(result, words, share) if share else result


def pair_rows(draw, sources, every, pairs, again, options, judge):
    rows = []
    for im, known in zip(sources, every):
        for a, b in pairs:
            texture = draw(im, WORDS[a], 1.0)
            texture = draw(texture, WORDS[a], again) if again else texture
            result = draw_tone(draw, texture, TONE[b], options.get(TONE[b], {}))
            named = {'named': classifier.see(judge, im, result)} if judge else {}
            row = {'asked': f'{a}+{b}', 'nearest': nearest(known, result)} | named
            print(' | '.join(row.values()), flush=True)
            rows.append(row | {'picture': (im, styles.both(a, b, im), result)})
    return rows


def counts(rows, by):
    """Shares of rows in which both styles, the texture, the tone are seen."""
    parts = [(r['asked'].split('+'), r[by].split('+')) for r in rows]
    return [float(np.mean(x)) for x in ([s == a for a, s in parts], [a[0] in s for a, s in parts], [a[1] in s for a, s in parts])]


def choice(n):
    """n pairs, every texture and every tone about equally often."""
    order = np.random.default_rng(5).permutation(len(styles.TEXTURES))
    return [(styles.TEXTURES[order[i % len(order)]], styles.TONES[(i + i // len(styles.TONES)) % len(styles.TONES)]) for i in range(n)]


if __name__ == '__main__':
    p = argparse.ArgumentParser()
    p.add_argument('--model', required=True)
    p.add_argument('--images', nargs='+', required=True)
    p.add_argument('--out', required=True)
    p.add_argument('--styles', nargs='*', default=list(PRESETS.values()))
    p.add_argument('--strengths', type=float, nargs='*', default=[0.3, 0.5, 0.75])
    p.add_argument('--pairs', type=int, default=15)
    p.add_argument('--steps', type=int, help='default: as the model recommends')
    p.add_argument('--cfg', type=float, default=1)
    p.add_argument('--again', type=float, default=0.5)
    p.add_argument('--classifier')
    p.add_argument('--size', type=int, default=384)
    p.add_argument('--threads', type=int, default=1)
    a = p.parse_args()
    torch.set_num_threads(a.threads)
    os.makedirs(a.out, exist_ok=True)
    pipe = sample.pipeline(a.model)
    sources = [sample.load(f, a.size, a.size) for f in a.images]
    own = advice(a.model)
    usual = a.steps or own.get('steps', 4)
    draw = lambda im, prompt, strength, steps=usual: sample.run(pipe, im, prompt, strength=strength, cfg=a.cfg, steps=steps)
    every = [renderings(im) for im in sources]
    rows = strength_rows(draw, sources, every, a.styles, a.strengths, lambda name: a.steps or steps_of(own, name))
    judge = a.classifier and classifier.load(a.classifier)
    pairs = pair_rows(draw, sources, every, choice(a.pairs), a.again, own.get('styles', {}).get('options', {}), judge)
    labels = lambda r: ('', r['asked'], r.get('named', r['nearest']))
    pictures = [np.hstack([sample.label(q, t) for q, t in zip(r.pop('picture'), labels(r))]) for r in pairs]
    right = {by: counts(pairs, by) for by in ('nearest', 'named') if pairs and by in pairs[0]}
    report = {'strength': rows, 'pairs': pairs, 'right: both, texture, tone': right}
    json.dump(report, open(os.path.join(a.out, 'controls.json'), 'w'), indent=1)
    off = [max(abs(v - 100 * s) for v in r[i]) for r in rows.values() for i, s in enumerate(a.strengths)]
    if off:
        within = 100 * np.mean(np.array(off) <= 12)
        print(f'strength: within 12 points {within:.0f} %, worst {max(off):.0f}; mean colour, sharpness, right, edges',
              np.mean([r[-2] + r[-1] for r in rows.values()], 0).round(2).tolist())
    if pairs:
        print('pairs: both, texture, tone', {by: np.round(shares, 2).tolist() for by, shares in right.items()})
        columns = 2
        pictures += [np.zeros_like(pictures[0])] * (-len(pictures) % columns)
        sheet = np.vstack([np.hstack(pictures[i:i + columns]) for i in range(0, len(pictures), columns)])
        cv2.imwrite(os.path.join(a.out, 'pairs.jpg'), cv2.resize(sheet, None, fx=0.6, fy=0.6, interpolation=cv2.INTER_AREA)[..., ::-1])
