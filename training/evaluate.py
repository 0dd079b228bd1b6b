"""The embedded model's report card: held-out clips through the real program, every preset, against the procedural styles.

  python evaluate.py --clips CLIP... --out DIR [--classifier JUDGE.pt] [--model PIPELINE] [--rerender 'node dist/cli/main.js'] [OPTIONS...]

Every preset is run on every clip by `rerender` (its own defaults; unknown options are passed on to it) and measured by `rerender metrics`.
A key frame is compared with the procedural rendering of its source frame, which the model was trained towards:

  right       share of key frames in which the style that was asked for is seen: by the classifier, or without one by the procedural
              rendering of the source frame, of all styles, that is most like the key frame (`likeness.unlikeness`)
  edges       correlation of the gradients' magnitude with the source's; in brackets what the procedural style itself keeps
  colour      mean distance in CIE Lab after an 8-pixel blur
  sharpness   mean gradient against the procedural style's
  warp, flicker   of the whole clip as `rerender metrics` defines them: warp error x 1e4; flicker less the source's

What DIR holds already is not drawn again, only measured: after a change of the classifier or of the styles, the same command is enough.
DIR gets results.json, table.md and sheet.jpg (source | procedural | result, a row a style).
"""
import argparse
import functools
import json
import os
import shlex
import subprocess

import cv2
import numpy as np
import torch

import classifier
import sample
import styles
from likeness import nearest

PRESETS = {'watercolor': 'watercolor', 'oil': 'oil', 'vangogh': 'vangogh', 'impressionist': 'impressionist', 'pencil': 'pencil',
           'lineart': 'lineart', 'comic': 'comic', 'anime': 'anime', 'cartoon': 'cartoon', 'mosaic': 'mosaic',
           'stained-glass': 'stained_glass', 'neon': 'neon', 'charcoal': 'charcoal', 'pixel-art': 'pixel_art', 'ukiyoe': 'ukiyoe',
           'pastel': 'pastel', 'winter': 'winter', 'autumn': 'autumn', 'night': 'night', 'noir': 'noir', 'sepia': 'sepia',
           'blueprint': 'blueprint'}
UNNAMED = {'stained-glass': 'a stained glass window'}      # taught styles that are no presets
KEYS = ('right', 'edges', 'edges_of_style', 'colour', 'sharpness', 'warp', 'flicker')


@functools.cache
def frame(clip, index, width, height):
    """Frame `index` of a clip as RGB at the size the key frame was drawn at, and every procedural rendering of it by its name."""
    v = cv2.VideoCapture(clip)
    for _ in range(index):
        v.grab()
    ok, im = v.read()
    if not ok:
        raise SystemExit(f'{clip} has no frame {index}')
    im = np.ascontiguousarray(cv2.resize(im, (width, height), interpolation=cv2.INTER_AREA)[..., ::-1])
    return im, {n: styles.apply(n, im) for n in styles.STYLES}


def gradient(im):
    y = cv2.GaussianBlur(styles.luma(im.astype(np.float32) / 255), (0, 0), 1)
    return cv2.magnitude(cv2.Sobel(y, cv2.CV_32F, 1, 0), cv2.Sobel(y, cv2.CV_32F, 0, 1))


def lab(im):
    return cv2.cvtColor(cv2.GaussianBlur(im.astype(np.float32) / 255, (0, 0), 8), cv2.COLOR_RGB2LAB)


def still(judge, style, source, every, result):
    """The figures of one key frame, and what was seen; `every` are the renderings of its source."""
    target = every[style]
    saw = classifier.see(judge, source, result) if judge else nearest(every, result)
    gs, gt, gr = gradient(source), gradient(target), gradient(result)
    corr = lambda a, b: float(np.corrcoef(a.ravel(), b.ravel())[0, 1])
    return {'right': float(saw == style), 'saw': saw, 'edges': corr(gs, gr), 'edges_of_style': corr(gs, gt),
            'colour': float(np.linalg.norm(lab(target) - lab(result), axis=2).mean()), 'sharpness': float(gr.mean() / gt.mean())}, target


def run(command, *arguments):
    return subprocess.run([*shlex.split(command), *arguments], check=True, capture_output=True, text=True).stdout


def evaluate(a, extra, judge, clip, preset):
    """One preset on one clip: mean figures, and (source, procedural, result) of the middle key frame."""
    base = os.path.join(a.out, f'{os.path.splitext(os.path.basename(clip))[0][:16]}-{preset}')
    common = ['--frames', f'0-{a.frames - 1}', '-q']
    model = ['--model', a.model] if a.model else []
    if not os.path.exists(base + '.mp4'):
        asked = ['--style', UNNAMED[preset]] if preset in UNNAMED else ['--preset', preset]
        run(a.rerender, clip, *asked, *model, *common, '--size', str(a.size), '--interval', str(a.interval), '--previews', base,
            '-o', base + '.mp4', '--no-cache', *extra)
    whole = json.loads(run(a.rerender, 'metrics', clip, base + '.mp4', *common, '--size', str(a.size), '--json'))['summary']
    rows, shown = [], None
    for name in sorted(f for f in os.listdir(base) if f.startswith('keyframe-')):
        result = cv2.imread(os.path.join(base, name))[..., ::-1]
        source, every = frame(clip, int(name[9:15]), result.shape[1], result.shape[0])
        figures, target = still(judge, PRESETS[preset], source, every, result)
        rows.append(figures)
        if shown is None or len(rows) <= (a.frames // a.interval) // 2 + 1:
            shown = source, target, result
    mean = {k: float(np.mean([r[k] for r in rows])) for k in KEYS if k in rows[0]}
    motion = {'warp': 1e4 * whole['warpError']['output'], 'flicker': whole['flicker']['excess']}
    return mean | {'saw': [r['saw'] for r in rows]} | motion, shown


def table(results):
    """Markdown: a row a style, mean over the clips, and the mean of all."""
    lines = ['| style | right | edges (style) | colour | sharpness | warp | flicker |', '| --- | --- | --- | --- | --- | --- | --- |']
    names = list(dict.fromkeys(r['preset'] for r in results))
    for name in [*names, 'all']:
        m = {k: np.mean([r[k] for r in results if name in (r['preset'], 'all')]) for k in KEYS}
        lines.append(f"| {name} | {100 * m['right']:.0f} % | {m['edges']:.2f} ({m['edges_of_style']:.2f}) | "
                     f"{m['colour']:.1f} | {m['sharpness']:.2f} | {m['warp']:.1f} | {m['flicker']:+.2f} |")
    return '\n'.join(lines) + '\n'


if __name__ == '__main__':
    p = argparse.ArgumentParser()
    p.add_argument('--classifier')
    p.add_argument('--clips', nargs='+', required=True)
    p.add_argument('--out', required=True)
    p.add_argument('--model', help='a pipeline folder; without it the embedded model')
    p.add_argument('--rerender', default='node dist/cli/main.js')
    p.add_argument('--presets', nargs='+', default=list(PRESETS))
    p.add_argument('--frames', type=int, default=11)
    p.add_argument('--interval', type=int, default=5)
    p.add_argument('--size', type=int, default=384)
    p.add_argument('--threads', type=int, default=1)
    a, extra = p.parse_known_args()
    torch.set_num_threads(a.threads)
    os.makedirs(a.out, exist_ok=True)
    judge, results, rows = a.classifier and classifier.load(a.classifier), [], []
    for preset in a.presets:
        row = []
        for clip in a.clips:
            figures, shown = evaluate(a, extra, judge, clip, preset)
            results.append({'clip': os.path.basename(clip), 'preset': preset} | figures)
            print(json.dumps(results[-1]), flush=True)
            height = 256
            row += [sample.label(cv2.resize(x, (round(x.shape[1] * height / x.shape[0]), height), interpolation=cv2.INTER_AREA), text)
                    for x, text in zip(shown, ('source', preset + ', procedural', preset))]
        rows.append(np.hstack(row))
    json.dump(results, open(os.path.join(a.out, 'results.json'), 'w'), indent=1)
    open(os.path.join(a.out, 'table.md'), 'w').write(table(results))
    cv2.imwrite(os.path.join(a.out, 'sheet.jpg'), np.vstack(rows)[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 88])
    print(table(results))
