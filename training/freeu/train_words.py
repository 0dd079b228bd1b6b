"""Train the U-Net and the text encoder of the model that draws pictures from words, from scratch.

  PYTHONPATH=.. python train_words.py --init INIT --work WORK --out PIPELINE [--words 96 --minutes 30]

INIT holds tokenizer/ (words.py), vae/ and latents.npz (blocks.py).  WORK/state.pt is the checkpoint, also written at SIGTERM, and is
continued from when it exists; more words may come in then.  PIPELINE gets the EMA weights, fp16, in diffusers' layout.  --minutes are of
the process' own time, all runs together: the rate is flat and falls to nothing over their last part.

Stable Diffusion's way at a small size: its noise (scaled_linear, 0.00085 to 0.012), three levels (16, 8 and 4 cells for 64 pixels) with
skips, transformers at the middle level and between the ways, a CLIP text encoder (trained along), 10 % of the captions dropped for
guidance.  Prediction is v.  Nothing in it knows of FreeU.
"""
import argparse
import copy
import json
import os
import shutil
import signal
import time

import numpy as np
import torch
from diffusers import AutoencoderDC, DDIMScheduler, UNet2DConditionModel
from diffusers.models.attention_processor import AttnProcessor
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

import words
from muon import Muon
from train_diffusion import INDEX, half, signal_and_noise


def make(latent, vocab, width, text=128):
    unet = UNet2DConditionModel(
        sample_size=16, in_channels=latent, out_channels=latent, block_out_channels=(width, 2 * width, 4 * width), layers_per_block=1,
        norm_num_groups=8, cross_attention_dim=text, attention_head_dim=4,
        down_block_types=('DownBlock2D', 'CrossAttnDownBlock2D', 'DownBlock2D'),
        up_block_types=('UpBlock2D', 'CrossAttnUpBlock2D', 'UpBlock2D'))
    unet.conv_out.weight.data.zero_()
    for name, m in unet.named_modules():
        if name.endswith(('resnets.0.conv2', 'resnets.1.conv2', 'to_out.0', 'proj_out')):
            m.weight.data.mul_(0.1)                                                         # blocks begin near the identity
    return unet, CLIPTextModel(CLIPTextConfig(
        vocab_size=vocab, hidden_size=text, intermediate_size=4 * text, num_hidden_layers=2, num_attention_heads=4,
        max_position_embeddings=words.TOKENS, hidden_act='quick_gelu', projection_dim=text, bos_token_id=vocab - 2,
        eos_token_id=vocab - 1, pad_token_id=vocab - 1))


def scheduler():
    return DDIMScheduler(beta_start=0.00085, beta_end=0.012, beta_schedule='scaled_linear', num_train_timesteps=1000, clip_sample=False,
                         set_alpha_to_one=False, timestep_spacing='trailing', prediction_type='v_prediction')


def optimizers(nets, lr):
    """Muon for the inner matrices and convolutions, AdamW for the rest."""
    named = [(k, q) for n in nets for k, q in n.named_parameters()]
    edge = ('conv_in', 'conv_out', 'embedding.weight')
    inner = [q for k, q in named if q.ndim >= 2 and not any(e in k for e in edge)]
    rest = [q for k, q in named if not (q.ndim >= 2 and not any(e in k for e in edge))]
    return [Muon(inner, lr), torch.optim.AdamW(rest, lr=lr, betas=(0.9, 0.99), weight_decay=0.0)]


class Data:
    """Latents and captions, in shuffled rounds over the pictures of the first `count` words."""

    def __init__(self, init, tokenizer, count, seed):
        f = np.load(os.path.join(init, 'latents.npz'))
        take = np.isin(f['word'], list(words.NAMED)[:count])
        self.z = torch.from_numpy(f['z'][take])
        texts = [words.captions_of(w, h)[0] for w, h in zip(f['word'][take], f['hand'][take])]
        self.shares = words.captions_of('x', 'x')[1]
        self.ids = words.ids(tokenizer, [t for ts in texts for t in ts]).view(len(texts), -1, words.TOKENS)
        self.empty = words.ids(tokenizer, [''])[0]
        self.r, self.queue = np.random.default_rng(seed), np.zeros(0, int)

    def batch(self, n, no_caption):
        """Latents [n, c, 16, 16] and tokens [n, TOKENS]."""
        if len(self.queue) < n:
            self.queue = np.concatenate([self.queue] + [self.r.permutation(len(self.z)) for _ in range(1 + n // len(self.z))])
        at, self.queue = self.queue[:n], self.queue[n:]
        z = self.z[at, self.r.integers(self.z.shape[1], size=n)].float().contiguous(memory_format=torch.channels_last)
        tokens = self.ids[at, self.r.choice(len(self.shares), n, p=self.shares)]
        tokens[torch.from_numpy(self.r.uniform(size=n) < no_caption)] = self.empty
        return z, tokens


def predict(nets, x, t, tokens):
    with half():
        return nets[0](x, t, nets[1](tokens).last_hidden_state).sample.float()


def loss_of(nets, z, tokens, levels, most=5.0):
    """Mean square of v's error, [n], and the timesteps, spread evenly over the batch.  v weighs a picture's error by snr + 1; where snr is
    above `most` it counts for no more than there."""
    a, s = levels
    n = len(z)
    t = ((torch.arange(n) + torch.rand(n)) / n * len(a)).long()
    at, st = (q[t][:, None, None, None] for q in (a, s))
    noise = torch.randn_like(z)
    error = predict(nets, at * z + st * noise, t, tokens) - (at * noise - st * z)
    snr = (a[t] / s[t]) ** 2
    return (error ** 2).mean((1, 2, 3)) * (snr.clamp(max=most) + 1) / (snr + 1), t


def export(out, init, ema, nets, count):
    """A pipeline folder; words.json is what it knows."""
    nets = [copy.deepcopy(n) for n in nets]
    for name, n, e in zip(('unet', 'text_encoder'), nets, ema):
        n.load_state_dict(e)
        n.half().save_pretrained(os.path.join(out, name))
    scheduler().save_pretrained(os.path.join(out, 'scheduler'))
    for part in ('vae', 'tokenizer'):
        shutil.copytree(os.path.join(init, part), os.path.join(out, part), dirs_exist_ok=True)
    json.dump(INDEX, open(os.path.join(out, 'model_index.json'), 'w'), indent=2)
    json.dump(list(words.NAMED)[:count], open(os.path.join(out, 'words.json'), 'w'))
    json.dump({'size': 64, 'steps': 20, 'cfgScale': 3, 'freeu': 'off'}, open(os.path.join(out, 'rerender.json'), 'w'), indent=2)


if __name__ == '__main__':
    p = argparse.ArgumentParser()
    p.add_argument('--init', required=True)
    p.add_argument('--work', required=True)
    p.add_argument('--out', required=True)
    p.add_argument('--words', type=int, default=96)
    p.add_argument('--minutes', type=float, default=30)
    p.add_argument('--decay', type=float, default=0.4, help='part of the minutes over which the rate falls')
    p.add_argument('--width', type=int, default=48)
    p.add_argument('--batch', type=int, default=48)
    p.add_argument('--lr', type=float, default=2e-3)
    p.add_argument('--lr-end', type=float, default=5e-5)
    p.add_argument('--ema', type=float, default=0.995)
    p.add_argument('--no-caption', type=float, default=0.1)
    p.add_argument('--save', type=float, default=2, help='minutes between checkpoints')
    p.add_argument('--seed', type=int, default=0)
    a = p.parse_args()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    os.makedirs(a.work, exist_ok=True)
    torch.manual_seed(a.seed)
    tok = CLIPTokenizer.from_pretrained(a.init + '/tokenizer')
    nets = make(AutoencoderDC.load_config(a.init + '/vae')['latent_channels'], len(tok), a.width)
    nets[0].to(memory_format=torch.channels_last)
    nets[0].set_attn_processor(AttnProcessor())
    opts, params = optimizers(nets, a.lr), [q for n in nets for q in n.parameters()]
    ema = [{k: v.clone() for k, v in n.state_dict().items()} for n in nets]
    state, step, seen, spent = os.path.join(a.work, 'state.pt'), 0, 0, 0.0
    if os.path.exists(state):
        s = torch.load(state, weights_only=False)
        for n, w in zip([*nets, *opts], s['nets'] + s['opts']):
            n.load_state_dict(w)
        ema, step, seen, spent = s['ema'], s['step'], s['seen'], s['spent']
        print('continued at step', step, flush=True)
    torch.manual_seed(a.seed + step)
    data = Data(a.init, tok, a.words, a.seed + step)
    levels = signal_and_noise(scheduler().config)
    clock, run = time.process_time, []                             # its own time: a training that is stopped for a while does not hurry on
    t0, last = clock() - spent, clock()
    print(f'{sum(q.numel() for q in params) / 1e6:.1f} million weights, {len(data.z)} pictures', flush=True)

    def save():
        torch.save({'nets': [n.state_dict() for n in nets], 'opts': [o.state_dict() for o in opts], 'ema': ema, 'step': step,
                    'seen': seen, 'spent': clock() - t0}, state + '.tmp')
        os.replace(state + '.tmp', state)
        export(a.out, a.init, ema, nets, a.words)

    asked = []
    signal.signal(signal.SIGTERM, lambda *_: asked.append(True))
    while not asked and (k := (clock() - t0) / (60 * a.minutes)) < 1:
        lr = (a.lr_end + (a.lr - a.lr_end) * min(1.0, (1 - k) / a.decay)) * min(1, (step + 1) / 30)
        for o in opts:
            for g in o.param_groups:
                g['lr'] = lr
        loss, t = loss_of(nets, *data.batch(a.batch, a.no_caption), levels)
        loss.mean().backward()
        torch.nn.utils.clip_grad_norm_(params, 1.0)
        for o in opts:
            o.step()
            o.zero_grad()
        step, seen = step + 1, seen + a.batch
        with torch.no_grad():
            for e, net in zip(ema, nets):
                for q, w in net.state_dict().items():
                    if w.dtype.is_floating_point:
                        e[q].lerp_(w, 1 - min(a.ema, (1 + step) / (10 + step)))
        run.append([float(loss.detach()[t // 250 == i].mean()) for i in range(4)])
        if step % 25 == 0:
            by = ' '.join(f'{v:.3f}' for v in np.nanmean(run[-25:], 0))
            print(f'{clock() - t0:.0f} s, step {step}, {seen} seen, lr {lr:.1e}, loss by quarter of t {by}', flush=True)
        if clock() - last > 60 * a.save:
            last = clock()
            save()
    save()
    print(f'{seen} seen in {(clock() - t0) / 60:.1f} min')
