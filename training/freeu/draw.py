"""A sheet of pictures from words, without the program: to look at a training on its way.

  PYTHONPATH=.. python draw.py --model PIPELINE --out sheet.png [--words 40 --hand noto --steps 12 --cfg 3]
"""
import argparse

import cv2
import numpy as np
import torch
from diffusers import AutoencoderDC, DDIMScheduler, UNet2DConditionModel
from transformers import CLIPTextModel, CLIPTokenizer

import words
from train_diffusion import signal_and_noise
from train_words import predict


def pipeline(path):
    """Networks, autoencoder, tokenizer, levels of a pipeline folder, fp32."""
    f32 = {'torch_dtype': torch.float32}
    nets = UNet2DConditionModel.from_pretrained(path + '/unet', **f32), CLIPTextModel.from_pretrained(path + '/text_encoder', **f32)
    nets[0].to(memory_format=torch.channels_last)
    levels = signal_and_noise(DDIMScheduler.from_pretrained(path + '/scheduler').config)
    return nets, AutoencoderDC.from_pretrained(path + '/vae', **f32), CLIPTokenizer.from_pretrained(path + '/tokenizer'), levels


@torch.no_grad()
def draw(pipe, prompts, steps=12, cfg=3.0, seed=0, batch=20):
    """DDIM, trailing timesteps: uint8 [n, 64, 64, 3]."""
    nets, vae, tok, (a, s) = pipe
    torch.manual_seed(seed)
    times = [round(1000 - i * 1000 / steps) - 1 for i in range(steps)] + [0]
    out = []
    for i in range(0, len(prompts), batch):
        some = prompts[i:i + batch]
        ids = words.ids(tok, list(some) + [''] * len(some))
        x = torch.randn(len(some), nets[0].config.in_channels, 16, 16)
        for t, after in zip(times, times[1:]):
            v, v0 = predict(nets, torch.cat([x, x]), torch.full((len(ids),), t), ids).chunk(2)
            v = v0 + cfg * (v - v0)
            x = a[after] * (a[t] * x - s[t] * v) + s[after] * (s[t] * x + a[t] * v)
        out.append(vae.decode(x).sample.clamp(-1, 1).add(1).mul(127.5).round().byte().permute(0, 2, 3, 1).numpy())
    return np.concatenate(out)


if __name__ == '__main__':
    p = argparse.ArgumentParser()
    p.add_argument('--model', required=True)
    p.add_argument('--out', required=True)
    p.add_argument('--words', type=int, default=40)
    p.add_argument('--hand', help='default: the hands in turn; "none": the word alone')
    p.add_argument('--steps', type=int, default=12)
    p.add_argument('--cfg', type=float, default=3.0)
    p.add_argument('--cols', type=int, default=10)
    a = p.parse_args()
    torch.set_num_threads(1)
    named = list(words.NAMED)[:a.words]
    hands = [a.hand or words.HANDS[i % len(words.HANDS)] for i in range(len(named))]
    drawn = draw(pipeline(a.model), [w if h == 'none' else f'{w}, {h}' for w, h in zip(named, hands)], a.steps, a.cfg)
    tiles = []
    for rgb, word in zip(drawn, named):
        tile = np.full((150, 132, 3), 255, np.uint8)
        tile[2:130, 2:130] = cv2.resize(rgb, (128, 128), interpolation=cv2.INTER_CUBIC)
        cv2.putText(tile, word, (4, 144), 0, 0.4, (0, 0, 0), 1, cv2.LINE_AA)
        tiles.append(tile)
    tiles += [np.full_like(tiles[0], 255)] * (-len(tiles) % a.cols)
    cv2.imwrite(a.out, np.vstack([np.hstack(tiles[i:i + a.cols]) for i in range(0, len(tiles), a.cols)])[..., ::-1])
