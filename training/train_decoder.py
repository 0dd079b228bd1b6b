"""Teach the decoder to forgive what the U-Net gets wrong; the encoder stays, so latents and U-Net stay valid.

  python train_decoder.py --data DATA --latents LATENTS --model PIPELINE --work WORK --out PIPELINE [--minutes 15]

Every batch of crops is restyled by the model itself in a few DDIM steps (strength, steps and guidance drawn at random) and the
decoder learns to turn that latent into the procedural picture; --clean of the crops are encoded pictures, so that plain
reconstruction does not get lost.
Loss: L1 + 2 L2 + multi-scale gradient L1 + the gradients' energy in 8-pixel cells (which edges may move within, but not lose).
"""
import argparse
import os
import shutil
import time

import numpy as np
import torch
import torch.nn.functional as F
from diffusers import AutoencoderTiny
from transformers import CLIPTokenizer

import captions
from latents import NAMES
from muon import Muon
from train_diffusion import Data, forward, load, scheduler
from train_vae import grad_loss, load_images, psnr


def energy(x):
    """Mean |gradient| in 8 x 8 cells: [n, 2 c, H/8, W/8]."""
    g = torch.cat([F.pad(x.diff(dim=2), (0, 0, 0, 1)), F.pad(x.diff(dim=3), (0, 1))], 1).abs()
    return F.avg_pool2d(g, 8)


class Crops(Data):
    """Aligned crops with the stylised pixels: photo latents, style latents, hint, ids, picture in [-1, 1]."""

    def __init__(self, data, latents, tokenizer, seed):
        self.data, self.files = data, {}
        super().__init__(latents, tokenizer, seed)

    def refresh(self):
        super().refresh()
        for it in self.items:
            it['pixels'] = np.load(os.path.join(self.data, it['name'] + '.npy'), mmap_mode='r')

    def crops(self, n, size):
        out = [[], [], [], [], []]
        for _ in range(n):
            it, y, x = self.pick(size)
            p = self.weight[it['style'].numpy()]
            k = self.r.choice(len(p), p=p / p.sum())
            style = int(it['style'][k])
            box = (slice(None), slice(y * 8, (y + size) * 8), slice(x * 8, (x + size) * 8))
            px = it['pixels'][(style,) + box[1:]]
            row = (it['z'][0, :, y:y + size, x:x + size], it['z'][k, :, y:y + size, x:x + size], it['rgb'][box],
                   torch.from_numpy(px.copy()).permute(2, 0, 1))
            for o, r in zip(out, row):
                o.append(r)
            out[4].append(captions.caption(NAMES[style], self.r))
        zs, zt, rgb, px = (torch.stack(o).float() for o in out[:4])
        return zs, zt, rgb / 255, self.tokens(out[4]), px / 127.5 - 1


@torch.no_grad()
def restyle(nets, zs, hint, ids, empty, A, t0, steps, cfg):
    """DDIM from the noised photo latents at t0: [n, c, h, w]."""
    ts = torch.linspace(t0, t0 / steps, steps).long()
    n = len(zs)
    x = A[ts[0]].sqrt() * zs + (1 - A[ts[0]]).sqrt() * torch.randn_like(zs)
    one = torch.ones(n, 1, 1, 1)
    for i, t in enumerate(ts):
        a, s = A[t].sqrt(), (1 - A[t]).sqrt()
        v = forward(nets, x, t.repeat(n), ids, hint, one)
        if cfg != 1:
            v0 = forward(nets, x, t.repeat(n), empty.expand(n, -1), hint, one)
            v = v0 + cfg * (v - v0)
        z, e = a * x - s * v, s * x + a * v
        if i + 1 == steps:
            return z
        x = A[ts[i + 1]].sqrt() * z + (1 - A[ts[i + 1]]).sqrt() * e


if __name__ == '__main__':
    p = argparse.ArgumentParser()
    p.add_argument('--data', required=True)
    p.add_argument('--latents', required=True)
    p.add_argument('--model', required=True)
    p.add_argument('--hold', nargs='*', default=[])
    p.add_argument('--work', required=True)
    p.add_argument('--out', required=True)
    p.add_argument('--minutes', type=float, default=15)
    p.add_argument('--save', type=float, default=4)
    p.add_argument('--batch', type=int, default=8)
    p.add_argument('--size', type=int, default=24, help='latents the U-Net sees')
    p.add_argument('--inner', type=int, default=16, help='latents of it that are decoded')
    p.add_argument('--clean', type=float, default=0.3, help='1: encoded pictures alone, so that this can run before or beside the U-Net\'s training')
    p.add_argument('--lr', type=float, default=8e-4)
    p.add_argument('--seed', type=int, default=0)
    p.add_argument('--threads', type=int, default=1)
    a = p.parse_args()
    torch.set_num_threads(a.threads)
    torch.manual_seed(a.seed)
    os.makedirs(a.work, exist_ok=True)
    vae = AutoencoderTiny.from_pretrained(a.model + '/vae', torch_dtype=torch.float32)
    vae.encoder.requires_grad_(False)
    tok = CLIPTokenizer.from_pretrained(a.model + '/tokenizer')
    nets = [n.requires_grad_(False) for n in load(a.model)]
    data, A, held = Crops(a.data, a.latents, tok, a.seed), scheduler().alphas_cumprod, load_images(a.hold)
    empty = data.tokens([''])
    vae.decoder.to(memory_format=torch.channels_last)
    params = list(vae.decoder.parameters())
    inner = [q for q in params if q.ndim == 4 and min(q.shape[:2]) > 16]
    rest = [q for q in params if not any(q is i for i in inner)]
    opts = [Muon(inner, a.lr), torch.optim.AdamW(rest, lr=a.lr, betas=(0.9, 0.99), weight_decay=0)]
    ema = {k: v.clone() for k, v in vae.decoder.state_dict().items()}
    state, step, spent = os.path.join(a.work, 'decoder.pt'), 0, 0.0
    if os.path.exists(state):
        s = torch.load(state, weights_only=False)
        vae.decoder.load_state_dict(s['decoder'])
        for o, w in zip(opts, s['opts']):
            o.load_state_dict(w)
        ema, step, spent = s['ema'], s['step'], s['spent']
        torch.manual_seed(a.seed + step)
        data.r = np.random.default_rng(a.seed + step)
    t0, last, run, seen = time.time() - spent, time.time(), [], 0

    def save():
        torch.save({'decoder': vae.decoder.state_dict(), 'opts': [o.state_dict() for o in opts], 'ema': ema, 'step': step,
                    'spent': time.time() - t0}, state + '.tmp')
        os.replace(state + '.tmp', state)
        if a.out != a.model:
            shutil.copytree(a.model, a.out, dirs_exist_ok=True)
        keep = {k: v.clone() for k, v in vae.decoder.state_dict().items()}
        vae.decoder.load_state_dict(ema)
        if held:
            with torch.no_grad():
                e = [psnr(vae.decode(vae.encode(x).latents).sample, x) for x in held]
            print(f'reconstruction {np.mean(e):.2f} dB {[round(v, 1) for v in e]}', flush=True)
        vae.half().save_pretrained(a.out + '/vae')
        vae.float().decoder.load_state_dict(keep)

    def update(z, y):
        lr = a.lr * max(0.03, min(1, (1 - (time.time() - t0) / (60 * a.minutes)) / 0.6)) * min(1, (step + 1) / 30)
        for o in opts:
            for g in o.param_groups:
                g['lr'] = lr
        out = vae.decoder(z)
        loss = (out - y).abs().mean() + 2 * ((out - y) ** 2).mean() + 0.12 * grad_loss(out, y) + 0.8 * (energy(out) - energy(y)).abs().mean()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(params, 1.0)
        for o in opts:
            o.step()
            o.zero_grad()
        d = min(0.99, (1 + step) / (10 + step))
        with torch.no_grad():
            for k, w in vae.decoder.state_dict().items():
                ema[k].lerp_(w, 1 - d)
        return loss.item()

    while time.time() - t0 < 60 * a.minutes:
        zs, zt, hint, ids, px = data.crops(a.batch, a.size)
        r = data.r
        z = zt if a.clean >= 1 else restyle(nets, zs, hint, ids, empty, A, int(r.integers(450, 1000)), int(r.integers(3, 6)), float(r.choice([1, 1, 1.5, 2])))
        clean = (torch.rand(len(z), 1, 1, 1) < a.clean).float()
        z = clean * (zt + 0.1 * torch.rand(len(z), 1, 1, 1) * torch.randn_like(zt)) + (1 - clean) * z
        for _ in range(2):                                                   # two decoder steps a restyled batch
            y, x = (r.integers((a.size - a.inner) // 4 + 1, size=2) * 4).tolist()
            run.append(update(z[..., y:y + a.inner, x:x + a.inner], px[..., y * 8:(y + a.inner) * 8, x * 8:(x + a.inner) * 8]))
            step, seen = step + 1, seen + len(z)
        if step % 20 == 0:
            print(f'{time.time() - t0:.0f} s, step {step}, {seen} crops, loss {np.mean(run[-20:]):.4f}', flush=True)
        if time.time() - last > 60 * a.save:
            last = time.time()
            save()
    save()
