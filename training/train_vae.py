"""Train the tiny autoencoder (diffusers AutoencoderTiny, f=8) on photos and stylised photos.

  python train_vae.py --data DATA --hold IMAGE [IMAGE ...] --out VAE [--minutes 22]

Loss: L1 + L2 + multi-scale gradient L1.  A penalty keeps every latent channel near zero mean and unit
variance, so scaling_factor is 1 (batch normalisation of the latents was tried first and costs 5 dB: it
removes the brightness of the batch), and the latents get a little noise before decoding, so that the
decoder forgives the errors of the diffusion model.
"""
import argparse
import glob
import os
import time

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from diffusers import AutoencoderTiny


def make(ch=12, width=(32, 48), enc=(0, 2, 3, 3), dec=(4, 4, 2, 0)):
    vae = AutoencoderTiny(latent_channels=ch, encoder_block_out_channels=(width[0],) * 4, decoder_block_out_channels=(width[1],) * 4,
                          num_encoder_blocks=enc, num_decoder_blocks=dec, scaling_factor=1.0, shift_factor=0.0,
                          latent_magnitude=3, force_upcast=False)
    for net in (vae.encoder, vae.decoder):
        for m in net.modules():
            if isinstance(m, torch.nn.Conv2d):
                torch.nn.init.kaiming_normal_(m.weight, nonlinearity='linear')
                if m.bias is not None:
                    torch.nn.init.zeros_(m.bias)
        for m in net.modules():
            if hasattr(m, 'fuse'):                            # residual blocks start near the identity
                m.conv[0].weight.data.mul_(1.4)
                m.conv[2].weight.data.mul_(1.4)
                m.conv[4].weight.data.mul_(0.1)
    vae.decoder.layers[-1].weight.data.mul_(0.3)
    vae.decoder.layers[-1].bias.data.fill_(0.45)
    return vae


class Crops:
    """Random crops of random .npy files; a rotating pool of files keeps the reading cheap."""

    def __init__(self, data, size, seed=0):
        self.data, self.size, self.r, self.pool = data, size, np.random.default_rng(seed), {}

    def get(self, n):
        files = glob.glob(os.path.join(self.data, '*.[0-9].npy'))
        out = np.empty((n, self.size, self.size, 3), np.uint8)
        for i in range(n):
            f = files[self.r.integers(len(files))]
            if f not in self.pool:
                self.pool[f] = np.load(f, mmap_mode='r')
            a = self.pool[f]
            s = 0 if self.r.uniform() < 0.3 else self.r.integers(len(a))
            y, x = self.r.integers(a.shape[1] - self.size + 1), self.r.integers(a.shape[2] - self.size + 1)
            c = a[s, y:y + self.size, x:x + self.size]
            if self.r.uniform() < 0.5:
                c = c[:, ::-1]
            out[i] = c
        return torch.from_numpy(out).permute(0, 3, 1, 2).float() / 127.5 - 1


def grad_loss(a, b):
    loss = 0
    for s in range(3):
        for d in (2, 3):
            loss = loss + (a.diff(dim=d) - b.diff(dim=d)).abs().mean()
        a, b = F.avg_pool2d(a, 2), F.avg_pool2d(b, 2)
    return loss


def load_images(paths, short=512):
    out = []
    for p in paths:
        im = cv2.imread(p)[..., ::-1]
        k = short / min(im.shape[:2])
        im = cv2.resize(im, None, fx=k, fy=k, interpolation=cv2.INTER_AREA)
        im = im[:im.shape[0] // 64 * 64, :im.shape[1] // 64 * 64]
        out.append(torch.from_numpy(np.ascontiguousarray(im)).permute(2, 0, 1)[None].float() / 127.5 - 1)
    return out


def psnr(a, b):
    return float(10 * torch.log10(4 / ((a.clamp(-1, 1) - b) ** 2).mean()))


@torch.no_grad()
def evaluate(vae, images):
    return [psnr(vae.decode(vae.encode(x).latents).sample, x) for x in images]


if __name__ == '__main__':
    p = argparse.ArgumentParser()
    p.add_argument('--data', required=True)
    p.add_argument('--hold', nargs='+', required=True)
    p.add_argument('--out', required=True)
    p.add_argument('--minutes', type=float, default=22)
    p.add_argument('--channels', type=int, default=12)
    p.add_argument('--width', type=int, nargs=2, default=(32, 48), help='encoder, decoder')
    p.add_argument('--size', type=int, default=128)
    p.add_argument('--batch', type=int, default=8)
    p.add_argument('--lr', type=float, default=1.5e-3)
    p.add_argument('--threads', type=int, default=1)
    a = p.parse_args()
    torch.set_num_threads(a.threads)
    torch.manual_seed(0)
    vae = make(a.channels, a.width).to(memory_format=torch.channels_last)
    print(f'{sum(q.numel() for q in vae.parameters()) / 1e6:.2f} M parameters', flush=True)
    opt = torch.optim.AdamW(vae.parameters(), lr=a.lr, betas=(0.9, 0.99), weight_decay=1e-3, fused=True)
    crops, held = Crops(a.data, a.size), load_images(a.hold)
    t0, step, run = time.time(), 0, []
    while True:
        k = (time.time() - t0) / (60 * a.minutes)
        if k >= 1:
            break
        warm = min(1, (step + 1) / 40)
        for g in opt.param_groups:
            g['lr'] = a.lr * warm * (0.5 + 0.5 * np.cos(np.pi * k) if k < 1 else 0) + 1e-5
        x = crops.get(a.batch).contiguous(memory_format=torch.channels_last)
        with torch.autocast('cpu', torch.bfloat16):
            z = vae.encoder(x)
        z = z.float()
        reg = (z.mean((0, 2, 3)) ** 2).mean() + (z.var((0, 2, 3)).add(1e-4).log() ** 2).mean()
        z = z + torch.randn_like(z) * 0.06 * torch.rand(len(z), 1, 1, 1)
        with torch.autocast('cpu', torch.bfloat16):
            y = vae.decoder(z)
        y = y.float()
        loss = (y - x).abs().mean() + 2 * ((y - x) ** 2).mean() + 0.12 * grad_loss(y, x) + 0.01 * reg
        opt.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(vae.parameters(), 1.0)
        opt.step()
        run.append(loss.item())
        step += 1
        if step % 100 == 0:
            e = evaluate(vae, held)
            print(f'{time.time() - t0:.0f}s step {step} {step * a.batch / (time.time() - t0):.1f} crops/s loss {np.mean(run[-100:]):.4f} '
                  f'latent std {z.std():.2f} PSNR held-out {np.mean(e):.2f} {[round(v, 1) for v in e]}', flush=True)
            vae.save_pretrained(a.out + '-last')
    e = evaluate(vae, held)
    print(f'final PSNR {np.mean(e):.2f} {e}')
    vae.to(memory_format=torch.contiguous_format).save_pretrained(a.out)
