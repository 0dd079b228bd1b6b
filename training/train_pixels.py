"""The last part of the training, end to end: U-Net, ControlNets and decoder learn from the finished picture; the encoder stays.

  python train_pixels.py --data DATA --latents LATENTS --model PIPELINE --work WORK --out PIPELINE [--minutes 60 --hold IMAGES...]

Latents that are nearly right can decode to a picture that is plainly soft: what is lost is small in the latents' error and large to the
eye.  So the prediction of one step is decoded, and the loss is taken there: L1 + 2 L2 + multi-scale gradients + the gradients' energy in
8-pixel cells (edges may move within them, not vanish) + the verdict of a patch discriminator that sees source, result and style, trained
beside them (hinge loss).  Its gradient is scaled to --adversarial times that of the rest, picture by picture.  The latents' own loss goes
on. In --kept of these batches x_t is late in a run to a picture off the procedural one (moved by up to half a cell, other light, blurred a
little by it), and that is what has to come out: what x_t shows late is to be kept, as the key frame fusions mix earlier key frames, pulled
along the motion, into it. Of the batches, --clean are encoded pictures, so that the decoder keeps plain reconstruction, and --restyled are
what the model makes in several guided steps, as the program calls it; from these the decoder and the discriminator learn alone.
"""
import argparse
import copy
import os
import time

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from diffusers import AutoencoderDC
from torch.nn.utils.parametrizations import spectral_norm
from transformers import CLIPTokenizer

import captions
from latents import NAMES
from likeness import pictures, psnr, unlikeness
from muon import Muon, optimizers
from train_diffusion import Data, bridge, edges, export, forward, half, load, prepare, restyle, run_of, scheduler, signal_and_noise

CL = torch.channels_last


class Discriminator(nn.Module):
    """Source and result -> one verdict for each 8-pixel cell, 46 pixels wide; the style speaks by projection."""

    def __init__(self, width=(32, 64, 128)):
        super().__init__()
        steps, c = [], 6
        for w in width:
            steps += [spectral_norm(nn.Conv2d(c, w, 4, 2, 1)), nn.LeakyReLU(0.2)]
            c = w
        steps += [spectral_norm(nn.Conv2d(c, c, 3, 1, 1)), nn.LeakyReLU(0.2)]
        self.features, self.plain, self.style = nn.Sequential(*steps), spectral_norm(nn.Conv2d(c, 1, 1)), nn.Embedding(len(NAMES), c)
        nn.init.zeros_(self.style.weight)

    def forward(self, source, picture, style):
        f = self.features(torch.cat([source, picture], 1))
        return self.plain(f)[:, 0].float() + (f.float() * self.style(style)[:, :, None, None]).sum(1)


class Crops(Data):
    """Aligned crops with their pixels: photo latents, style latents, photo in [0, 1], ids, stylised picture in [-1, 1], style."""

    def __init__(self, data, latents, tokenizer, seed):
        self.data = data
        super().__init__(latents, tokenizer, seed)

    def refresh(self):
        super().refresh()
        for it in self.items:
            it.setdefault('pixels', np.load(os.path.join(self.data, it['name'] + '.npy'), mmap_mode='r'))

    def crops(self, n, size, no_caption=0.1):
        rows, text, styles = [], [], []
        for _ in range(n):
            it, y, x = self.pick(size)
            p = np.where(it['tone'].numpy() < 0, self.weight[it['style'].numpy()], 0)
            k = self.r.choice(len(p), p=p / p.sum())
            caption = captions.caption(NAMES[int(it['style'][k])], self.r)
            if self.r.uniform() < no_caption:
                caption, k = '', 0 if self.r.uniform() < 0.7 else k  # the photo is what no prompt means, but what x_t shows is kept
            style = int(it['style'][k])
            box = (slice(None), slice(y * 8, (y + size) * 8), slice(x * 8, (x + size) * 8))
            px = torch.from_numpy(it['pixels'][(style,) + box[1:]].copy()).permute(2, 0, 1)
            rows.append((it['z'][0, :, y:y + size, x:x + size], it['z'][k, :, y:y + size, x:x + size], it['rgb'][box], px))
            text.append(caption)
            styles.append(style)
        zs, zt, rgb, px = (torch.stack(o).float().contiguous(memory_format=CL) for o in zip(*rows))
        return zs, zt, rgb / 255, self.tokens(text), px / 127.5 - 1, torch.tensor(styles)


def disturbed(px):
    """Stylised pictures as an earlier key frame pulled along the motion would show them: anywhere within a cell, other light, in places."""
    n, _, h, w = px.shape
    move = torch.eye(2, 3).repeat(n, 1, 1)
    move[:, :, 2] = (2 * torch.rand(n, 2) - 1) * 8 / torch.tensor([w, h])
    moved = F.grid_sample(px, F.affine_grid(move, list(px.shape), align_corners=False), padding_mode='reflection', align_corners=False)
    uneven = F.interpolate(torch.randn(n, 3, 6, 6), size=(h, w), mode='bilinear', align_corners=False)
    out = moved * (1 + 0.06 * torch.randn(n, 1, 1, 1)) + 0.05 * torch.randn(n, 3, 1, 1) + 0.04 * uneven
    return out.clamp(-1, 1).contiguous(memory_format=CL)


def window(r, size, inner):
    """The same random window of latents and of pixels."""
    y, x = (r.integers((size - inner) // 4 + 1, size=2) * 4).tolist()
    return (lambda z: z[..., y:y + inner, x:x + inner]), (lambda p: p[..., 8 * y:8 * (y + inner), 8 * x:8 * (x + inner)])


class Average:
    """Exponential moving average of a network's weights."""

    def __init__(self, net):
        self.net, self.state = net, {k: v.clone() for k, v in net.state_dict().items()}

    @torch.no_grad()
    def update(self, keep):
        for k, v in self.net.state_dict().items():
            if v.dtype.is_floating_point:
                self.state[k].lerp_(v, 1 - keep)


if __name__ == '__main__':
    p = argparse.ArgumentParser()
    p.add_argument('--data', required=True)
    p.add_argument('--latents', required=True)
    p.add_argument('--model', required=True)
    p.add_argument('--hold', nargs='*', default=[], help='pictures whose reconstruction is printed')
    p.add_argument('--work', required=True)
    p.add_argument('--out', required=True)
    p.add_argument('--minutes', type=float, default=60)
    p.add_argument('--save', type=float, default=5)
    p.add_argument('--batch', type=int, default=12)
    p.add_argument('--size', type=int, default=32, help='latents the U-Net sees')
    p.add_argument('--inner', type=int, default=16, help='latents of it that are decoded')
    p.add_argument('--clean', type=float, default=0.2)
    p.add_argument('--restyled', type=float, default=0.15)
    p.add_argument('--kept', type=float, default=0.3)
    p.add_argument('--canny', type=float, default=0.1)
    p.add_argument('--adversarial', type=float, default=0.5)
    p.add_argument('--latent', type=float, default=0.35, help='weight of the latents\' own loss')
    p.add_argument('--lr', type=float, default=3e-4)
    p.add_argument('--lr-decoder', type=float, default=6e-4)
    p.add_argument('--lr-end', type=float, default=2e-5)
    p.add_argument('--seed', type=int, default=0)
    p.add_argument('--threads', type=int, default=1)
    a = p.parse_args()
    torch.set_num_threads(a.threads)
    os.makedirs(a.work, exist_ok=True)
    vae = AutoencoderDC.from_pretrained(a.model + '/vae', torch_dtype=torch.float32)
    decoder, nets, judge = vae.decoder.to(memory_format=CL), load(a.model), Discriminator().to(memory_format=CL)
    prepare(nets)
    tok = CLIPTokenizer.from_pretrained(a.model + '/tokenizer')
    inner = [q for q in decoder.parameters() if q.ndim == 4 and min(q.shape[:2]) > 16]
    outer = [q for q in decoder.parameters() if not any(q is i for i in inner)]
    named = [(k, q) for n in nets for k, q in n.named_parameters()]
    opts = {'nets': optimizers(named, a.lr),
            'decoder': [Muon(inner, a.lr_decoder), torch.optim.AdamW(outer, lr=a.lr_decoder, betas=(0.9, 0.99), weight_decay=0)],
            'judge': [torch.optim.Adam(judge.parameters(), lr=4e-4, betas=(0.5, 0.99))]}
    modules = [*nets, decoder, judge]
    averages = [Average(n) for n in (*nets, decoder)]
    state, step, spent = os.path.join(a.work, 'pixels.pt'), 0, 0.0
    if os.path.exists(state):
        s = torch.load(state, weights_only=False)
        for m, w in zip(modules, s['modules']):
            m.load_state_dict(w)
        for v, w in zip(averages, s['averages']):
            v.state = w
        for o, w in zip([o for os_ in opts.values() for o in os_], s['opts']):
            o.load_state_dict(w)
        step, spent = s['step'], s['spent']
        print('continued at step', step, flush=True)
    torch.manual_seed(a.seed + step)
    plan = scheduler()
    data, levels, held = Crops(a.data, a.latents, tok, a.seed + step), signal_and_noise(plan.config), pictures(a.hold)
    empty = data.tokens([''])
    t0, last, run = time.monotonic() - spent, time.monotonic(), []

    def save():
        torch.save({'modules': [m.state_dict() for m in modules], 'averages': [v.state for v in averages],
                    'opts': [o.state_dict() for os_ in opts.values() for o in os_], 'step': step, 'spent': time.monotonic() - t0},
                    state + '.tmp')
        os.replace(state + '.tmp', state)
        final = copy.deepcopy(vae)
        final.decoder.load_state_dict(averages[-1].state)
        if held:
            with torch.no_grad():
                e = [psnr(final.decode(final.encode(x).latent).sample, x) for x in held]
            print(f'reconstruction {np.mean(e):.2f} dB {[round(v, 1) for v in e]}', flush=True)
        export(a.out, final, [v.state for v in averages[:-1]], nets, a.model + '/tokenizer')

    def apply(group, lr):
        for o in opts[group]:
            for g in o.param_groups:
                g['lr'] = lr * g.get('scale', 1)
                torch.nn.utils.clip_grad_norm_([q for q in g['params'] if q.grad is not None], 1.0)
            o.step()

    def clear():
        for o in (o for os_ in opts.values() for o in os_):
            o.zero_grad()

    while (k := (time.monotonic() - t0) / (60 * a.minutes)) < 1:
        fall = min(1, 1.4 * (1 - k)) * min(1, (step + 1) / 50)
        zs, zt, rgb, ids, px, style = data.crops(a.batch, a.size)
        of, pixels = window(data.r, a.size, a.inner)
        u, latent_loss = data.r.uniform(), 0.0
        canny = data.r.uniform() < a.canny
        hint = edges(rgb) if canny else rgb
        if u < a.clean:
            z, own = zt + 0.06 * torch.rand(len(zt), 1, 1, 1) * torch.randn_like(zt), False
        elif u < a.clean + a.restyled:
            steps, cfg = int(data.r.integers(2, 6)), float(data.r.choice([1, 1.5, 2]))
            z, own = restyle(nets, zs, rgb, ids, empty, levels, run_of(plan, steps, 1.0), cfg), False
        else:
            own = True
            kept = data.r.uniform() < a.kept
            if kept:
                px = disturbed(px)
                with half(), torch.no_grad():
                    zt = vae.encode(px).latent.float()
            t = ((300 if kept else 1000) * torch.rand(len(zs)) ** 0.8).long().clamp(max=999)    # before, x_t shows too little of it
            x, v = bridge(zs, zt, t, *levels, near=0, whole=float(kept), parts=0, begin=999)     # ends in the style itself
            a_t, s_t = (q[t].view(-1, 1, 1, 1) for q in levels)
            guess = forward(nets, x, t, ids, hint, torch.ones(len(zs), 1, 1, 1), canny)
            z = a_t * x - s_t * guess
            latent_loss = (((guess - v) * levels[1][-1]) ** 2).mean()
        source, y = pixels(rgb) * 2 - 1, pixels(px)
        with half():
            out = decoder(of(z)).float()
        shown = out.detach().requires_grad_()
        rec = unlikeness(shown, y)
        with half():
            verdict = -judge(source, shown, style).mean()
        g_rec, g_adv = torch.autograd.grad(rec, shown)[0], torch.autograd.grad(verdict, shown)[0]
        share = a.adversarial * g_rec.norm() / (g_adv.norm() + 1e-12) * min(1, step / 200)
        if own:
            torch.autograd.backward([out, a.latent * latent_loss], [g_rec + share * g_adv, None])
            apply('nets', max(a.lr * fall, a.lr_end))
        else:
            out.backward(g_rec + share * g_adv)
        apply('decoder', max(a.lr_decoder * fall, a.lr_end))
        clear()
        with half():
            real, fake = judge(source, y, style), judge(source, out.detach(), style)
        hinge = F.relu(1 - real).mean() + F.relu(1 + fake).mean()
        hinge.backward()
        apply('judge', 4e-4)
        clear()
        step += 1
        keep = min(0.995, (1 + step) / (10 + step))
        for v in averages:
            v.update(keep)
        run.append([rec.item(), float(torch.as_tensor(latent_loss).detach()), hinge.item(), (real.mean() - fake.mean()).item(),
                    u >= a.clean])
        if step % 25 == 0:
            m = np.array(run[-100:])
            styled = m[m[:, 4] > 0]
            print(f'{time.monotonic() - t0:.0f} s, step {step}, picture {styled[:, 0].mean():.4f}, '
                  f'latents {styled[styled[:, 1] > 0, 1].mean():.3f}, judge {m[:, 2].mean():.2f} (gap {m[:, 3].mean():.2f})', flush=True)
            data.refresh()
        if time.monotonic() - last > 60 * a.save:
            last = time.monotonic()
            save()
    save()
    print(f'{step} steps in {(time.monotonic() - t0) / 60:.1f} min')
