"""Pictures with names, for a small text-to-picture model: sets of emoji, flags among them, by ten hands, drawn from packages of npm.

  for s in noto noto-v1 twemoji openmoji fluent-emoji fluent-emoji-flat emojione emojione-v1 fxemoji streamline-emojis; do
    npm pack @iconify-json/$s; mkdir $s; tar xzf iconify-json-$s-*.tgz -C $s; done
  pip install resvg-py
  python icons.py --sets noto noto-v1 twemoji ... --out ICONS [--size 64 --least 4]

ICONS gets pictures.npy, uint8 [n, size, size, 4] (RGBA, not premultiplied), and icons.json: name, hand and licence of each, and the sets'
licences and authors as their packages tell them.  Names are kept that at least --least hands drew; of variants by the tone of the skin only
the plain one.
"""
import argparse
import json
import os
import re
from collections import Counter

import cv2
import numpy as np
import resvg_py

VARIANT = re.compile(r'skin-tone|-(light|medium|medium-light|medium-dark|dark)$|^(light|dark|medium)-|keycap|button|oclock|-thirty')
# How a prompt names the hand.
HANDS = {'noto': 'noto', 'noto-v1': 'old noto', 'twemoji': 'twemoji', 'openmoji': 'outlined', 'fluent-emoji': '3d',
         'fluent-emoji-flat': 'flat',
         'emojione': 'emojione', 'emojione-v1': 'old emojione', 'fxemoji': 'firefox', 'streamline-emojis': 'streamline'}


def plain(name):
    """One spelling for the same thing in every set: 'flag-for-france' and 'flag-france', 'heart-red' stays."""
    return re.sub(r'^flag-for-', 'flag-', name)


def draw(icons, name, size):
    """RGBA uint8 [size, size, 4] of one icon, centred in its own aspect."""
    icon = icons['icons'][name]
    w, h = (icon.get(k, icons.get(k, 16)) for k in ('width', 'height'))
    left, top = icon.get('left', 0), icon.get('top', 0)
    side = max(w, h)
    box = f'{left - (side - w) / 2} {top - (side - h) / 2} {side} {side}'
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="{box}">{icon["body"]}</svg>'
    png = bytes(resvg_py.svg_to_bytes(svg_string=svg, width=size, height=size))
    return cv2.cvtColor(cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_UNCHANGED), cv2.COLOR_BGRA2RGBA)


if __name__ == '__main__':
    p = argparse.ArgumentParser()
    p.add_argument('--sets', nargs='+', required=True, help='unpacked packages')
    p.add_argument('--out', required=True)
    p.add_argument('--size', type=int, default=64)
    p.add_argument('--least', type=int, default=4, help='hands that have to have drawn a name')
    a = p.parse_args()
    os.makedirs(a.out, exist_ok=True)
    sets = [(json.load(open(f'{s}/package/icons.json')), json.load(open(f'{s}/package/info.json'))) for s in a.sets]
    names = [{plain(n): n for n in icons['icons'] if not VARIANT.search(n)} for icons, _ in sets]
    hands = Counter(n for s in names for n in s)
    pictures, rows = [], []
    for own, (icons, info) in zip(names, sets):
        for name in sorted(n for n in own if hands[n] >= a.least):
            try:
                pictures.append(draw(icons, own[name], a.size))
            except ValueError as error:
                print(icons['prefix'], name, error)
                continue
            rows.append({'name': name.replace('-', ' '), 'hand': HANDS[icons['prefix']], 'licence': info['license']['spdx']})
        print(icons['prefix'], sum(r['hand'] == HANDS[icons['prefix']] for r in rows), info['license']['spdx'], flush=True)
    np.save(os.path.join(a.out, 'pictures.npy'), np.stack(pictures))
    credits = {icons['prefix']: {'author': info.get('author', {}).get('name'), 'licence': info['license'], 'version': info.get('version')}
               for icons, info in sets}
    json.dump({'icons': rows, 'sets': credits}, open(os.path.join(a.out, 'icons.json'), 'w'))
    print(len(rows), 'pictures of', len({r['name'] for r in rows}), 'names')
