"""Runs Stable Diffusion 1.5's networks by diffusers and torch, when bench/torch.ts asks: one line in, the seconds of one run out.

A line names a part (unet, decoder, encoder) and a type (float32, bfloat16). Weights are random.
"""

import json
import sys
import time

sys.path.pop(0)  # the folder of this file, which would be found in place of torch
import torch
from diffusers import AutoencoderKL, UNet2DConditionModel

VAE = {
    "block_out_channels": (128, 256, 512, 512),
    "down_block_types": ("DownEncoderBlock2D",) * 4,
    "up_block_types": ("UpDecoderBlock2D",) * 4,
    "layers_per_block": 2,
    "latent_channels": 4,
    "norm_num_groups": 32,
}


def random_weights(make):
    """A network whose numbers are small and random, without the slow initialisation of each layer."""
    with torch.device("meta"):
        network = make()
    network = network.to_empty(device="cpu").eval()
    for numbers in [*network.parameters(), *network.buffers()]:
        numbers.data.uniform_(-0.02, 0.02)
    return network


def unet():
    return UNet2DConditionModel(sample_size=64, cross_attention_dim=768, attention_head_dim=8)


def main(size, threads):
    torch.set_num_threads(threads)
    latent = size // 8
    networks = {}

    def network(part, dtype):
        name = "unet" if part == "unet" else "vae"
        if (name, dtype) not in networks:
            made = random_weights(unet if name == "unet" else lambda: AutoencoderKL(**VAE))
            networks[name, dtype] = made.to(getattr(torch, dtype))
        return networks[name, dtype]

    def run(part, dtype):
        net = network(part, dtype)
        kind = getattr(torch, dtype)
        pair = torch.randn(2, 4, latent, latent, dtype=kind)
        texts = torch.randn(2, 77, 768, dtype=kind)
        picture = torch.randn(1, 3, size, size, dtype=kind)
        begin = time.perf_counter()
        if part == "unet":
            net(pair, 500, encoder_hidden_states=texts)
        elif part == "decoder":
            net.decode(pair[:1])
        else:
            net.encode(picture)
        return time.perf_counter() - begin

    with torch.inference_mode():
        print(json.dumps({"torch": torch.__version__}), flush=True)
        for line in sys.stdin:
            print(json.dumps({"seconds": run(*line.split())}), flush=True)


main(int(sys.argv[1]), int(sys.argv[2]))
