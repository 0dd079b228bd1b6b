"""Contact sheets: source | styles ... with ControlNet img2img.

  python sample.py --model PIPELINE --images FILE [FILE ...] --out sheet.png [--strength 0.6 --cfg 2 ...]
"""
import argparse
import time

import cv2
import numpy as np
import torch
from diffusers import AutoencoderDC, DDIMScheduler
from transformers import CLIPTokenizer

from train_diffusion import load as load_nets, restyle, run_of, signal_and_noise

PROMPTS = [('watercolor', 'a watercolor painting, soft washes, paper texture'), ('oil', 'an oil painting, thick brush strokes, canvas'),
           ('van gogh', 'in the style of Van Gogh, swirling brush strokes'), ('pencil', 'a pencil sketch, black and white'),
           ('comic', 'comic book illustration, halftone dots'), ('anime', 'anime style, studio ghibli'),
           ('cartoon', 'a flat cartoon, bold outlines'), ('mosaic', 'a roman mosaic'), ('stained glass', 'a stained glass window'),
           ('neon', 'cyberpunk style, neon lights, purple and cyan'), ('charcoal', 'a charcoal drawing'),
           ('pixel art', 'pixel art, 8-bit game'), ('ukiyo-e', 'japanese woodblock print, ukiyo-e, hokusai'),
           ('pastel', 'a soft pastel drawing'), ('monet', 'an impressionist painting by Monet'), ('winter', 'covered in snow, winter'),
           ('autumn', 'golden autumn'), ('night', 'a night scene, moonlight'), ('line art', 'ink line art, manga'),
           ('blueprint', 'a blueprint, technical drawing'), ('noir', 'film noir, black and white'), ('photo', 'a photo'), ('(empty)', ''),
           ('unknown', 'quixotic zanzibar flumox')]


def load(path, width, height):
    im = cv2.imread(path)[..., ::-1]
    h, w = im.shape[:2]
    k = max(width / w, height / h)
    im = cv2.resize(im, (max(width, round(w * k)), max(height, round(h * k))), interpolation=cv2.INTER_AREA)
    y, x = (im.shape[0] - height) // 2, (im.shape[1] - width) // 2
    return np.ascontiguousarray(im[y:y + height, x:x + width])


def pipeline(path, freeu=None):
    """What `run` needs of a pipeline folder: autoencoder, networks, tokenizer, scheduler."""
    nets = load_nets(path)
    if freeu:
        nets[0].enable_freeu(s1=freeu[2], s2=freeu[3], b1=freeu[0], b2=freeu[1])
    return (AutoencoderDC.from_pretrained(path + '/vae', torch_dtype=torch.float32), nets,
            CLIPTokenizer.from_pretrained(path + '/tokenizer'), DDIMScheduler.from_pretrained(path + '/scheduler'))


@torch.no_grad()
def run(pipe, im, prompt, negative='', strength=1.0, cfg=2.0, steps=4, control=1.0, seed=0):
    """Tile ControlNet img2img of one picture, uint8 [h, w, 3], with the timesteps of the program's DDIM: ceil(steps strength) calls."""
    vae, nets, tok, plan = pipe
    torch.manual_seed(seed)
    rgb = torch.from_numpy(im.copy()).permute(2, 0, 1)[None].float() / 255
    coded = (tok([p], padding='max_length', max_length=77, truncation=True, return_tensors='np') for p in (prompt, negative))
    ids = [torch.from_numpy(c.input_ids) for c in coded]
    levels, times = signal_and_noise(plan.config), run_of(plan, steps, strength)
    z = restyle(nets, vae.encode(2 * rgb - 1).latent, rgb, *ids, levels, times, cfg, control)
    return vae.decode(z).sample[0].clamp(-1, 1).add(1).mul(127.5).round().byte().permute(1, 2, 0).numpy()


def label(im, text):
    im = np.ascontiguousarray(im)
    cv2.putText(im, text, (6, 20), 0, 0.6, (0, 0, 0), 4, cv2.LINE_AA)
    cv2.putText(im, text, (6, 20), 0, 0.6, (255, 255, 255), 1, cv2.LINE_AA)
    return im


if __name__ == '__main__':
    p = argparse.ArgumentParser()
    p.add_argument('--model', required=True)
    p.add_argument('--images', nargs='+', required=True)
    p.add_argument('--out', required=True)
    p.add_argument('--width', type=int, default=512)
    p.add_argument('--height', type=int, default=512)
    p.add_argument('--only', nargs='*')
    p.add_argument('--negative', default='')
    p.add_argument('--strength', type=float, default=1.0)
    p.add_argument('--cfg', type=float, default=2.0)
    p.add_argument('--steps', type=int, default=4)
    p.add_argument('--control', type=float, default=1.0)
    p.add_argument('--cols', type=int, default=0)
    p.add_argument('--tile', type=int, default=0, help='width of one picture in the sheet')
    p.add_argument('--freeu', type=float, nargs=4, metavar=('B1', 'B2', 'S1', 'S2'))
    p.add_argument('--threads', type=int, default=1)
    a = p.parse_args()
    torch.set_num_threads(a.threads)
    pipe = pipeline(a.model, a.freeu)
    prompts = [q for q in PROMPTS if not a.only or q[0] in a.only]
    rows, t = [], time.time()
    for f in a.images:
        im = load(f, a.width, a.height)
        tiles = [label(im, 'source')]
        for name, prompt in prompts:
            tiles.append(label(run(pipe, im, prompt, a.negative, a.strength, a.cfg, a.steps, a.control), name))
        if a.tile:
            tiles = [cv2.resize(q, (a.tile, round(a.tile * a.height / a.width)), interpolation=cv2.INTER_AREA) for q in tiles]
        cols = a.cols or len(tiles)
        while len(tiles) % cols:
            tiles.append(np.zeros_like(tiles[0]))
        rows += [np.hstack(tiles[i:i + cols]) for i in range(0, len(tiles), cols)]
    cv2.imwrite(a.out, np.vstack(rows)[..., ::-1])
    print(f'{(time.time() - t) / len(a.images) / len(prompts):.1f} s a picture')
