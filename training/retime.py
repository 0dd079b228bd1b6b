"""A pipeline of the former schedule in the present one (`train_diffusion.scheduler`), where the style that a step adds no longer depends on
the time: the network is told the last timestep at every step, until training says otherwise.

  python retime.py --init PIPELINE --out PIPELINE

At the last timestep both schedules have the same noise, and v there is what the present one wants at all times (`bridge`).
"""
import argparse

import torch
from diffusers import AutoencoderDC

from train_diffusion import export, load


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
    for k in (0, 1, 3):
        freeze_time(nets[k])
    export(a.out, AutoencoderDC.from_pretrained(a.init + '/vae', torch_dtype=torch.float32), [n.state_dict() for n in nets], nets,
           a.init + '/tokenizer')
