"""A pipeline of the former schedule in the present one (`train_diffusion.scheduler`), where the style that a step adds no longer depends on
the time: the network is told the last timestep at every step, until training says otherwise.

  python retime.py --init PIPELINE --out PIPELINE

What the former adds at the last timestep is what the present one wants at all times (`bridge`); v counts it in units of the last noise
level, which is a third of the former's.
"""
import argparse

import torch
from diffusers import AutoencoderDC, DDIMScheduler

from train_diffusion import export, load, scheduler, signal_and_noise


@torch.no_grad()
def freeze_time(net, t=999):
    """In place: the time embedding's first layer answers every timestep as it does t."""
    first = net.time_embedding.linear_1
    first.bias += first.weight @ net.time_proj(torch.tensor([t]))[0]
    first.weight.zero_()


if __name__ == '__main__':
    p = argparse.ArgumentParser()
    p.add_argument('--init', required=True)
    p.add_argument('--out', required=True)
    a = p.parse_args()
    nets = load(a.init)
    plan = DDIMScheduler.from_pretrained(a.init + '/scheduler')
    if plan.config.beta_schedule != 'linear':
        for k in (0, 1, 3):
            freeze_time(nets[k])
    former, present = (signal_and_noise(s.config)[1][-1] for s in (plan, scheduler()))
    for q in nets[0].conv_out.parameters():
        q.data.mul_(former / present)
    export(a.out, AutoencoderDC.from_pretrained(a.init + '/vae', torch_dtype=torch.float32), [n.state_dict() for n in nets], nets,
           a.init + '/tokenizer')
