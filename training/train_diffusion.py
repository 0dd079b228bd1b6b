"""Train U-Net, both ControlNets and the text encoder together on latents of stylised photos; starts from a pipeline folder or from scratch.

  python train_diffusion.py --latents LATENTS --init PIPELINE --work WORK --out PIPELINE [--minutes 60 --lr 1e-3]

WORK/state.pt is the checkpoint, also written at SIGTERM, and is continued from when it exists.  PIPELINE gets the EMA weights, fp16.
New files in LATENTS are taken up while training runs.  --minutes are of the process' own time: being stopped for a while costs nothing.

The task is a paired one: (photo, hint: the photo itself, caption of a style) -> the stylised photo.
 - the style grows evenly with the strength: a run that begins at t0 ends in z_photo + (t0 / T) (z - z_photo), and x_t is what a DDIM run
   holds on its way there (see `bridge`): img2img is exactly what the model is trained for.
 - v-prediction: v = (a x_t - z_end) / s.
 - the error of each latent channel is taken relative to what the style changes in it: fine channels, which make strokes, are small beside
   the means.
 - of the samples, --pairs have two styles, texture and tone; their errors are taken relative to what the texture changes below the tone.
 - a batch is guided by the tile ControlNet, --canny of them by the Canny ControlNet; the residuals are dropped for --no-control of the
   samples, the caption for --no-caption.
Networks run in bfloat16 (`half`) over float32 weights, with plain attention: 1.7 times as fast as float32 with the fused one on an AMD
CPU that has AVX-512 BF16.  On an Intel CPU with it, but without AMX, --float32 is 1.4 times as fast: try both.
"""
import argparse
import copy
import glob
import json
import math
import os
import shutil
import signal
import time

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from diffusers import AutoencoderDC, ControlNetModel, DDIMScheduler, UNet2DConditionModel
from diffusers.models.attention_processor import AttnProcessor
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

import captions
from latents import NAMES, weights
from muon import optimizers

STRIDE = 8  # latents: the U-Net's deepest stride; crops lie on it because the textures repeat with it (styles.PERIOD)


def make(latent, text, vocab):
    kw = dict(in_channels=latent, block_out_channels=(64, 64, 128, 128), layers_per_block=1, norm_num_groups=8,
              cross_attention_dim=text, attention_head_dim=4,
              down_block_types=('DownBlock2D', 'CrossAttnDownBlock2D', 'CrossAttnDownBlock2D', 'DownBlock2D'))
    unet = UNet2DConditionModel(out_channels=latent, sample_size=64, **kw,
                                up_block_types=('UpBlock2D', 'CrossAttnUpBlock2D', 'CrossAttnUpBlock2D', 'UpBlock2D'))
    control = ControlNetModel(conditioning_embedding_out_channels=(8, 16, 32, 64), **kw)
    e = control.controlnet_cond_embedding
    for m in (e.conv_in, e.blocks[0], e.blocks[1]):
        torch.nn.init.orthogonal_(m.weight.data.view(len(m.weight), -1), 1.6)
    txt = CLIPTextModel(CLIPTextConfig(vocab_size=vocab, hidden_size=text, intermediate_size=4 * text, num_hidden_layers=2,
                                       num_attention_heads=4, max_position_embeddings=77, hidden_act='quick_gelu', projection_dim=text,
                                       bos_token_id=vocab - 2, eos_token_id=vocab - 1, pad_token_id=vocab - 1))
    return unet, control, txt, copy.deepcopy(control)


def load(path):
    """U-Net, tile ControlNet, text encoder and Canny ControlNet of a pipeline folder, fp32.  The last starts as the first where it is
    missing."""
    f32 = {'torch_dtype': torch.float32}
    canny = path + '/controlnet_canny'
    return (UNet2DConditionModel.from_pretrained(path + '/unet', **f32), ControlNetModel.from_pretrained(path + '/controlnet', **f32),
            CLIPTextModel.from_pretrained(path + '/text_encoder', **f32),
            ControlNetModel.from_pretrained(canny if os.path.isdir(canny) else path + '/controlnet', **f32))


HALF = True         # networks in bfloat16


def half():
    return torch.autocast('cpu', torch.bfloat16, enabled=HALF)


def prepare(nets):
    """In place: what makes a step cheap."""
    for n in (nets[0], nets[1], nets[3]):
        n.to(memory_format=torch.channels_last)
        n.set_attn_processor(AttnProcessor())
    for n in (nets[1], nets[3]):
        freeze_hint(n)


def freeze_hint(control):
    """The hint's two full-resolution convolutions and its first stride stay as they were drawn: half of the cost of a step."""
    e = control.controlnet_cond_embedding
    for m in (e.conv_in, e.blocks[0], e.blocks[1]):
        m.requires_grad_(False)


def scheduler():
    """An almost clean schedule (alpha_bar ends at 0.9997: noise of 0.017 beside latents of 1).  The model translates the source and
    never starts from nothing, so noise is only in its way: what it hides has to be guessed, and what is not removed covers the fine
    latents.  beta grows like t from nothing, so that the noise level does, too: sqrt(1 - alpha_bar) = 1.73e-5 (t + 1.5)."""
    return DDIMScheduler(beta_start=6e-10, beta_end=6e-7, beta_schedule='linear', num_train_timesteps=1000, clip_sample=False,
                         set_alpha_to_one=False, timestep_spacing='trailing', prediction_type='v_prediction')


def alpha_bars(config):
    """alpha_bar of a scheduler's config in float64; diffusers' float32 is coarse where betas are 1e-6."""
    root = config.beta_schedule == 'scaled_linear'
    ends = [b ** 0.5 if root else b for b in (config.beta_start, config.beta_end)]
    betas = torch.linspace(*ends, config.num_train_timesteps, dtype=torch.float64)
    return (1 - (betas ** 2 if root else betas)).cumprod(0)


def signal_and_noise(config):
    """sqrt(alpha_bar), sqrt(1 - alpha_bar), float32, by timestep."""
    A = alpha_bars(config)
    return A.sqrt().float(), (1 - A).sqrt().float()


def run_of(plan, count, strength):
    """(t, next t) of the steps that the program runs, `--strength-steps spread`: of `count` the last n = ceil(count strength), over so much
    of the schedule that they begin at exactly this strength; behind the last, timestep 0."""
    n = min(count, math.ceil(count * strength - 1e-9))
    length = round(plan.config.num_train_timesteps * strength * count / n) if n else 0
    times = [round(length - i * length / count) - 1 for i in range(count - n, count)]
    return [(t, max(0, t - length // count)) for t in times]


class Data:
    """Random aligned crops of the latents: source, target, control, caption.  `pairs` of the targets have two styles.  `over` of the
    samples are second passes: the source is a texture's rendering, the target a tone over it, the caption names the tone alone; the
    renderings, which are the control, are those of `data.py`.  All samples of pictures from `drawn.py` are second passes."""

    def __init__(self, folder, tokenizer, seed, pairs=0.0, over=0.0, renderings=None):
        self.folder, self.tokenizer, self.pairs, self.items, self.known = folder, tokenizer, pairs, [], set()
        self.over, self.renderings = over, renderings
        self.r = np.random.default_rng(seed)
        self.weight = weights()
        self.refresh()

    def refresh(self):
        for f in sorted(glob.glob(os.path.join(self.folder, '*.pt'))):
            if f not in self.known:
                self.known.add(f)
                it = torch.load(f, mmap=True)
                it.setdefault('tone', torch.full_like(it['style'], -1))
                name = os.path.basename(f)[:-3]
                every = np.load(os.path.join(self.renderings, f'{name}.npy'), mmap_mode='r') if self.renderings else None
                self.items.append(it | {'name': name, 'every': every})

    def spreads(self):
        """Mean squares of what each style changes in each latent channel, [styles, channels]; of what a texture changes in a picture that
        shows a tone already, and of what a tone changes in a picture that shows a texture already, [textures, tones, channels], indices
        into NAMES."""
        n, c = len(NAMES), self.items[0]['z'].shape[1]
        one, ones = torch.zeros(n, c), torch.zeros(n, 1)
        two, over, twos = torch.zeros(n * n, c), torch.zeros(n * n, c), torch.zeros(n * n, 1)
        for it in [it for it in self.items if not it.get('drawn')][::4]:
            z, style, tone, alone = it['z'][:, :, ::2, ::2].float(), it['style'], it['tone'], singles(it)
            pair = tone >= 0
            without = lambda names: z[torch.tensor([alone.get(int(k), 0) for k in names], dtype=torch.long)]     # 0 is the photo
            square = lambda d: (d ** 2).mean((2, 3))
            one.index_add_(0, style[~pair], square(z[~pair] - z[:1]))
            ones.index_add_(0, style[~pair], torch.ones(int((~pair).sum()), 1))
            both = style[pair] * n + tone[pair]
            two.index_add_(0, both, square(z[pair] - without(tone[pair])))
            over.index_add_(0, both, square(z[pair] - without(style[pair])))
            twos.index_add_(0, both, torch.ones(len(both), 1))
        return (one / ones.clamp(min=1), *((x / twos.clamp(min=1)).view(n, n, c) for x in (two, over)))

    def tokens(self, text):
        return torch.from_numpy(self.tokenizer(text, padding='max_length', max_length=77, truncation=True, return_tensors='np').input_ids)

    def pick(self, size):
        while True:
            it = self.items[self.r.integers(len(self.items))]
            h, w = it['z'].shape[2:]
            if min(h, w) >= size:
                return it, self.r.integers((h - size) // STRIDE + 1) * STRIDE, self.r.integers((w - size) // STRIDE + 1) * STRIDE

    def draw(self, it):
        """Which target of an item: its index; and, of a second pass, the index of the texture that is its source."""
        over = it.get('drawn', False) or self.r.uniform() < self.over
        two = (it['tone'] >= 0).numpy()
        two = two if two.any() and (over or self.r.uniform() < self.pairs) else ~two
        p = np.where(two, self.weight[it['style'].numpy()], 0)
        k = self.r.choice(len(p), p=p / p.sum())
        return k, singles(it).get(int(it['style'][k])) if over and it['tone'][k] >= 0 else None

    def sample(self, size, no_caption):
        """Source and target latents, the control in 0..255, the caption, (style, tone or -1, is it a second pass)."""
        it, y, x = self.pick(size)
        k, below = self.draw(it)
        style, tone, source = int(it['style'][k]), int(it['tone'][k]), below or 0
        if below is not None:
            text = captions.caption(NAMES[tone], self.r)
            rgb = it['every'][style, y * 8:(y + size) * 8, x * 8:(x + size) * 8].transpose(2, 0, 1)
            rgb = torch.from_numpy(np.ascontiguousarray(rgb))
        else:
            text = captions.caption(NAMES[style], self.r) if tone < 0 else captions.pair(NAMES[style], NAMES[tone], self.r)
            rgb = it['rgb'][:, y * 8:(y + size) * 8, x * 8:(x + size) * 8]
        if self.r.uniform() < no_caption:
            text, k = '', source if self.r.uniform() < 0.5 else k
        z = it['z'][:, :, y:y + size, x:x + size]
        return z[source], z[k], rgb, text, (int(it['style'][k]), int(it['tone'][k]), int(below is not None))

    def batch(self, n, size, no_caption):
        zs, zt, ed, tx, kind = zip(*(self.sample(size, no_caption) for _ in range(n)))
        zs, zt, ed = (torch.stack(x).float().contiguous(memory_format=torch.channels_last) for x in (zs, zt, ed))
        return zs, zt, ed / 255, self.tokens(list(tx)), torch.tensor(kind)


def singles(it):
    """Where an item's styles stand that it has alone: {index into NAMES: index into its latents}."""
    return {int(k): i for i, k in enumerate(it['style']) if it['tone'][i] < 0}


FLOOR = 0.002       # of the mean square that errors are compared with: the photo changes nothing
TONE = 0.15         # the part of what a tone changes that errors of a pair are compared with


def changed(spreads, kind):
    """What the errors of samples are compared with in each channel, [n, channels]; kind [n, 3] is style, tone (-1: none) and whether the
    tone is drawn over the texture as a second pass.
    Of a pair it is what the texture changes below the tone, which is little where the tone is dark, and some of what the tone changes:
    compared with all that both change, an error of the texture is too small to be learned from.  Of a second pass it is what the tone
    changes."""
    one, two, over = spreads
    style, tone = kind[:, 0], kind[:, 1].clamp(min=0)
    pair = torch.where(kind[:, 2:] > 0, over[style, tone] + FLOOR, two[style, tone] + TONE * one[tone] + FLOOR / 2)
    return torch.where(kind[:, 1:2] >= 0, pair, one[style] + FLOOR)


def edges(rgb):
    """[n, 3, h, w] in [0, 1] -> its Canny edges (thresholds 100 and 200, the program's), white on black."""
    grey = [cv2.cvtColor((255 * x).permute(1, 2, 0).byte().numpy(), cv2.COLOR_RGB2GRAY) for x in rgb]
    e = torch.from_numpy(np.stack([cv2.Canny(y, 100, 200) for y in grey])).float() / 255
    return e[:, None].expand(-1, 3, -1, -1).contiguous(memory_format=torch.channels_last)


def blobs(n, h, w):
    """Soft random regions, [n, 1, h, w] in 0..1."""
    coarse = torch.randn(n, 1, 4, 4)
    return (3 * F.interpolate(coarse, size=(h, w), mode='bicubic', align_corners=False)).sigmoid()


def bridge(zs, zt, t, a, s, near=0.25, far=0.35, whole=0.05, parts=0.1, begin=None):
    """x_t and v.  With sigma = s / a and sigma_T the last, a run that begins at t0 from the noised source ends in zs + w (zt - zs),
    w = sigma_0 / sigma_T.  DDIM moves straight, so at t it shows the share q = (sigma_0 - sigma) / sigma_T of the style, and what is still
    to come, sigma / sigma_T, is the same for every t0: the network need not know where a run began.
    t0 is `begin`, else random; `near` of the samples are the first step itself (t0 = t), `far` of them belong to a run at strength 1, the
    default.  `whole` of them show the finished style already, `parts` in some regions (as where earlier key frames are pulled into a run):
    that stays as it is, q + what is to come <= 1."""
    n = len(t)
    sigma, last = s[t] / a[t], s[-1] / a[-1]
    t0 = (t + torch.rand(n) * (1000 - t)).long().clamp(max=999) if begin is None else torch.full_like(t, begin)
    kind = torch.rand(n)
    t0 = torch.where(kind < near, t, torch.where(kind > 1 - far, torch.full_like(t, 999), t0))
    v4 = lambda q: q[:, None, None, None]
    q = v4((s[t0] / a[t0] - sigma) / last).expand(-1, 1, *zs.shape[2:])
    u = torch.rand(n)
    region = torch.where(v4(u < whole), torch.ones_like(q), blobs(n, *zs.shape[2:]).round() * v4((u < whole + parts).float()))
    q = q + region * (1 - q)
    rest = torch.minimum(torch.ones_like(q), (1 - q) * v4(last / sigma))                # of zt - zs, over sigma_T
    shown, noise = zs + q * (zt - zs), torch.randn_like(zt)
    return v4(a[t]) * shown + v4(s[t]) * noise, v4(a[t]) * noise - v4(s[t]) * shown - rest / (v4(a[t]) * last) * (zt - zs)


def forward(nets, x, t, ids, hint, mask, canny=False):
    """The prediction v; `hint` is what the tile ControlNet (or, `canny`, the other one) is shown, `mask` scales its residuals."""
    unet, tile, txt, edge = nets
    with half():
        h = txt(ids).last_hidden_state
        down, mid = (edge if canny else tile)(x, t, h, controlnet_cond=hint, return_dict=False)
        return unet(x, t, h, down_block_additional_residuals=[d * mask for d in down],
                    mid_block_additional_residual=mid * mask).sample.float()


@torch.no_grad()
def restyle(nets, zs, hint, ids, empty, levels, steps, cfg, control=1.0):
    """DDIM from the noised photo latents, the tile ControlNet's hint beside: [n, c, h, w].  `levels` are signal and noise by timestep,
    `steps` pairs (t, next t)."""
    (a, s), n, first = levels, len(zs), steps[0][0]
    x = a[first] * zs + s[first] * torch.randn_like(zs)
    one = torch.full((n, 1, 1, 1), control)
    for t, after in steps:
        at = torch.full((n,), t)
        v = forward(nets, x, at, ids, hint, one)
        if cfg != 1:
            v0 = forward(nets, x, at, empty.expand(n, -1), hint, one)
            v = v0 + cfg * (v - v0)
        x = a[after] * (a[t] * x - s[t] * v) + s[after] * (s[t] * x + a[t] * v)
    return x


def export(out, vae, ema, nets, tokenizer):
    """A pipeline folder in diffusers' layout: autoencoder, EMA weights, fp16; `tokenizer` is the folder of its files."""
    nets = [copy.deepcopy(n) for n in nets]
    for n, e in zip(nets, ema):
        n.load_state_dict(e)
    parts = {'vae': copy.deepcopy(vae), 'unet': nets[0], 'text_encoder': nets[2], 'controlnet': nets[1], 'controlnet_canny': nets[3]}
    for name, part in parts.items():
        part.half().save_pretrained(os.path.join(out, name))
    scheduler().save_pretrained(os.path.join(out, 'scheduler'))
    shutil.copytree(tokenizer, os.path.join(out, 'tokenizer'), dirs_exist_ok=True)
    with open(os.path.join(out, 'model_index.json'), 'w') as f:
        json.dump(INDEX, f, indent=2)


INDEX = {'_class_name': 'StableDiffusionPipeline', 'vae': ['diffusers', 'AutoencoderDC'], 'text_encoder': ['transformers', 'CLIPTextModel'],
         'tokenizer': ['transformers', 'CLIPTokenizer'], 'unet': ['diffusers', 'UNet2DConditionModel'],
         'scheduler': ['diffusers', 'DDIMScheduler'], 'safety_checker': [None, None], 'feature_extractor': [None, None]}


if __name__ == '__main__':
    p = argparse.ArgumentParser()
    p.add_argument('--latents', required=True)
    p.add_argument('--init', required=True, help='pipeline folder: autoencoder, tokenizer and (without --scratch) the first weights')
    p.add_argument('--scratch', action='store_true')
    p.add_argument('--work', required=True)
    p.add_argument('--out', required=True)
    p.add_argument('--minutes', type=float, default=60)
    p.add_argument('--wall', type=float, default=1e9, help='minutes of wall time after which it ends as well; the rate falls to then')
    p.add_argument('--save', type=float, default=5)
    p.add_argument('--batch', type=int, default=16)
    p.add_argument('--size', type=int, default=32)
    p.add_argument('--big', type=float, default=0.1, help='share of the steps with 1.5 times larger crops (and fewer of them)')
    p.add_argument('--lr', type=float, default=1e-3)
    p.add_argument('--lr-end', type=float, default=5e-5)
    p.add_argument('--decay', type=float, default=1.0, help='share of the time over which the rate falls')
    p.add_argument('--canny', type=float, default=0.12, help='share of the batches guided by the Canny ControlNet')
    p.add_argument('--no-control', type=float, default=0.04)
    p.add_argument('--no-caption', type=float, default=0.1)
    p.add_argument('--pairs', type=float, default=0.35, help='share of the samples with two styles, texture and tone')
    p.add_argument('--over', type=float, default=0.0, help='share of the samples that are second passes: a tone over a drawn texture')
    p.add_argument('--data', help='the folder of data.py, for --over')
    p.add_argument('--blotch', type=float, default=1.0, help='weight of the error that is left after averaging over 2, 4 and 8 latents')
    p.add_argument('--gain', type=float, default=1.0, help='of the first weights\' last convolution: for weights of another schedule')
    p.add_argument('--seed', type=int, default=0)
    p.add_argument('--threads', type=int, default=1)
    p.add_argument('--float32', action='store_true', help='networks in float32 in place of bfloat16')
    a = p.parse_args()
    HALF = not a.float32
    torch.set_num_threads(a.threads)
    os.makedirs(a.work, exist_ok=True)
    tok = CLIPTokenizer.from_pretrained(a.init + '/tokenizer')
    vae = AutoencoderDC.from_pretrained(a.init + '/vae', torch_dtype=torch.float32)
    nets = make(vae.config.latent_channels, 128, len(tok)) if a.scratch else load(a.init)
    prepare(nets)
    if a.gain != 1:
        nets[0].conv_out.weight.data.mul_(a.gain)
    named = [(k, q) for n in nets for k, q in n.named_parameters()]
    params = [q for _, q in named if q.requires_grad]
    opts = optimizers(named, a.lr)
    ema = [{k: v.clone() for k, v in n.state_dict().items()} for n in nets]
    state, step, spent = os.path.join(a.work, 'state.pt'), 0, 0.0
    if os.path.exists(state):
        s = torch.load(state, weights_only=False)
        for n, w in zip(nets, s['nets']):
            n.load_state_dict(w)
        for o, w in zip(opts, s['opts']):
            o.load_state_dict(w)
        ema, step, spent = s['ema'], s['step'], s['spent']
        print('continued at step', step, flush=True)
    torch.manual_seed(a.seed + step)
    data = Data(a.latents, tok, a.seed + step, a.pairs, a.over, a.data if a.over else None)
    spreads = data.spreads()
    levels = signal_and_noise(scheduler().config)
    clock = time.process_time                                    # its own time: a training that is stopped for a while does not hurry on
    t0, last, run, seen = clock() - spent * a.threads, clock(), [], 0

    def save():
        torch.save({'nets': [n.state_dict() for n in nets], 'ema': ema, 'opts': [o.state_dict() for o in opts], 'step': step,
                    'spent': (clock() - t0) / a.threads}, state + '.tmp')
        os.replace(state + '.tmp', state)
        export(a.out, vae, ema, nets, a.init + '/tokenizer')

    asked = []
    signal.signal(signal.SIGTERM, lambda *_: asked.append(True))
    begun = time.monotonic()
    while not asked and (k := max((clock() - t0) / a.threads / a.minutes, (time.monotonic() - begun) / a.wall) / 60) < 1:
        lr = (a.lr_end + (a.lr - a.lr_end) * min(1.0, (1 - k) / a.decay)) * min(1, (step + 1) / 30)  # flat, then linear to the end
        for o in opts:
            for g in o.param_groups:
                g['lr'] = lr * g.get('scale', 1)
        n, size = (a.batch * 4 // 9, a.size * 3 // 2) if data.r.uniform() < a.big else (a.batch, a.size)
        zs, zt, hint, ids, style = data.batch(n, size, a.no_caption)
        t = torch.randint(0, 1000, (n,))                                                          # every step adds as much
        x, v = bridge(zs, zt, t, *levels)
        canny = data.r.uniform() < a.canny
        hint = edges(hint) if canny else hint
        mask = (torch.rand(n) >= a.no_control).float()[:, None, None, None]
        # v is (z_photo - z) / sigma_T and noise: weighed as the picture's error
        err = (forward(nets, x, t, ids, hint, mask, canny) - v) * levels[1][-1]
        share = changed(spreads, style)[:, :, None, None]                                     # every style and every channel counts alike
        loss = (err ** 2 / share).mean() + a.blotch * sum(2 ** k * (F.avg_pool2d(err, 2 ** k) ** 2).mean() for k in (1, 2, 3))
        loss.backward()
        torch.nn.utils.clip_grad_norm_(params, 1.0)
        for o in opts:
            o.step()
            o.zero_grad()
        step, seen = step + 1, seen + n
        d = min(0.99, (1 + step) / (10 + step))
        with torch.no_grad():
            for e, net in zip(ema, nets):
                for q, w in net.state_dict().items():
                    if w.dtype.is_floating_point:
                        e[q].lerp_(w, 1 - d)
        run.append(loss.item())
        if step % 25 == 0:
            data.refresh()
            print(f'{(clock() - t0) / a.threads:.0f} s, step {step}, {seen} crops, {len(data.items)} pictures, lr {lr:.1e}, '
                  f'loss {np.mean(run[-25:]):.4f}', flush=True)
        if clock() - last > 60 * a.save * a.threads:
            last = clock()
            save()
    save()
    print(f'{seen} crops in {(clock() - t0) / a.threads / 60:.1f} min')
