"""Does the model do as it is told?  Steps, guidance, negative prompt, wording, unknown words and FreeU, on held-out pictures.

  python behaviour.py --model PIPELINE [--classifier JUDGE.pt] --images HELD_OUT... [--only steps guidance ...] --out behaviour.md

Every style is asked for in the words of its preset; figures are those of `evaluate.py` for still pictures, means over styles and
pictures: right (the classifier, or without one the nearest procedural rendering, is the style), edges (correlation of gradients with the
source's), colour (Lab distance to the procedural style), sharpness (mean gradient against the procedural style's). Strength and pairs of
styles: `controls.py`.
"""
import argparse
import itertools
import json

import numpy as np
import torch

import sample
import styles
from classifier import load as load_judge, see
from controls import WORDS, advice
from evaluate import PRESETS, gradient, run, still
from likeness import nearest

# No template of captions.py makes these.
FRAMES = ['please turn my holiday video into {} if you can', '{} showing somebody who is about to win, extremely fancy',
          'everything here should look like {} to me']
UNKNOWN = ['quixotic zanzibar flumox', 'holographic brutalist thing', 'a cat', 'dans le style de Cezanne', '%%%', '12345']


def mean(rows):
    return {k: float(np.mean([r[k] for r in rows])) for k in ('right', 'edges', 'colour', 'sharpness')}


def line(name, m):
    return f"| {name} | {100 * m['right']:.0f} % | {m['edges']:.2f} | {m['colour']:.1f} | {m['sharpness']:.2f} |"


if __name__ == '__main__':
    p = argparse.ArgumentParser()
    p.add_argument('--model', required=True)
    p.add_argument('--classifier')
    p.add_argument('--images', nargs='+', required=True)
    p.add_argument('--out', required=True)
    p.add_argument('--only', nargs='*')
    p.add_argument('--rerender', default='node dist/cli/main.js', help='tells the words of its presets')
    p.add_argument('--styles', nargs='*', default=list(PRESETS))
    p.add_argument('--size', type=int, default=384)
    p.add_argument('--threads', type=int, default=1)
    a = p.parse_args()
    torch.set_num_threads(a.threads)
    judge = load_judge(a.classifier) if a.classifier else None
    told = json.loads(run(a.rerender, 'presets', '--json'))
    words = {name: told.get(name, {}).get('style', WORDS[style]) for name, style in PRESETS.items()}
    own = advice(a.model)
    presets = own.get('presets', {})
    option = lambda name, key, absent: presets.get(name, {}).get(key, own.get(key, absent))
    sources = [sample.load(f, a.size, a.size) for f in a.images]
    every = [{n: styles.apply(n, im) for n in styles.STYLES} for im in sources]
    plain, out = sample.pipeline(a.model), []

    def draw(name, prompt=None, pipe=plain, **more):
        """One style on every picture: figures of each, and the pictures."""
        given = {'strength': option(name, 'strength', 1.0), 'cfg': option(name, 'cfgScale', 1.5), 'steps': option(name, 'steps', 4)} | more
        results = [sample.run(pipe, im, words[name] if prompt is None else prompt, **given) for im in sources]
        return [still(judge, PRESETS[name], *known, r)[0] for *known, r in zip(sources, every, results)], results

    saw = lambda im, known, q: see(judge, im, q) if judge else nearest(known, q)

    def table(title, rows, head='| | right | edges | colour | sharpness |'):
        text = '\n'.join([f'## {title}', '', head, '| --- ' * (head.count('|') - 1) + '|', *rows, ''])
        out.append(text)
        print(text, flush=True)
        open(a.out, 'w').write('\n'.join(out))

    def over(title, settings):
        table(title, [line(label, mean(list(itertools.chain(*(draw(s, **kw)[0] for s in a.styles))))) for label, kw in settings])

    wanted = lambda name: not a.only or name in a.only
    if wanted('steps'):
        over('Steps of the whole schedule', [(str(n), {'steps': n}) for n in (20, 8, 4, 2)])
    if wanted('guidance'):
        over('Guidance', [(str(g), {'cfg': g}) for g in (1, 1.5, 2, 3, 5, 7.5)])
    if wanted('negative'):
        over('Negative prompt, guidance 2', [(f'`{n}`', {'negative': n, 'cfg': 2}) for n in ('', 'blurry, low quality', 'colorful, vivid')])
    if wanted('wording'):
        rows = []
        for f in FRAMES:
            rows.append(line(f, mean(list(itertools.chain(*(draw(s, prompt=f.format(words[s].split(',')[0]))[0] for s in a.styles))))))
        r = np.random.default_rng(0)
        shuffled = {s: ' '.join(r.permutation(words[s].replace(',', '').split())) for s in a.styles}
        drawn = itertools.chain(*(draw(s, prompt=shuffled[s])[0] for s in a.styles))
        rows.append(line('the preset\'s words in random order', mean(list(drawn))))
        table('Wording', rows)
    if wanted('unknown'):
        rows = []
        for prompt in UNKNOWN:
            pairs = [(im, sample.run(plain, im, prompt, cfg=1.5)) for im in sources]
            seen = [saw(im, known, q) for (im, q), known in zip(pairs, every)]
            edges = np.mean([np.corrcoef(gradient(im).ravel(), gradient(q).ravel())[0, 1] for im, q in pairs])
            off = np.mean([np.abs(im.astype(float) - q).mean() for im, q in pairs])
            rows.append(f"| {prompt} | {', '.join(f'{seen.count(s)} {s}' for s in dict.fromkeys(seen))} | {edges:.2f} | {off:.1f} |")
        table('Unknown words', rows, '| prompt | seen | edges | difference to the source, levels |')
    if wanted('freeu'):
        settings = [(1, 1, 1, 1), (1.1, 1.2, 1, 0.9), (1.1, 1.1, 0.9, 0.9), (1.2, 1.2, 1, 1), (1.2, 1.2, 0.9, 0.9), (1.2, 1.4, 0.9, 0.2),
                    (1.4, 1.4, 1, 1), (1.5, 1.6, 0.9, 0.2), (1, 1, 0.9, 0.9), (1, 1, 0.6, 0.6), (1, 1, 0.2, 0.2), (0.9, 0.9, 1, 1)]
        over('FreeU: b1, b2, s1, s2', [(', '.join(map(str, f)), {'pipe': sample.pipeline(a.model, f)}) for f in settings])
