"""How like two pictures are: the losses of the decoder's training, PSNR, and pictures to measure on."""
import cv2
import numpy as np
import torch
import torch.nn.functional as F


def gradients(a, b):
    """L1 of differences between neighbours, at three scales."""
    loss = 0
    for _ in range(3):
        for d in (2, 3):
            loss = loss + (a.diff(dim=d) - b.diff(dim=d)).abs().mean()
        a, b = F.avg_pool2d(a, 2), F.avg_pool2d(b, 2)
    return loss


def energy(x):
    """Mean |gradient| in 8 x 8 cells: [n, 2 c, H/8, W/8]."""
    g = torch.cat([F.pad(x.diff(dim=2), (0, 0, 0, 1)), F.pad(x.diff(dim=3), (0, 1))], 1).abs()
    return F.avg_pool2d(g, 8)


def unlikeness(out, y):
    """The loss of a picture: values, gradients, and how much gradient there is wherever it lies within 8 pixels."""
    return (out - y).abs().mean() + 2 * ((out - y) ** 2).mean() + 0.12 * gradients(out, y) + 0.8 * (energy(out) - energy(y)).abs().mean()


def tensor(im):
    """uint8 [h, w, 3] -> [1, 3, h, w] in -1..1."""
    return torch.from_numpy(im.copy()).permute(2, 0, 1)[None].float() / 127.5 - 1


def nearest(every, result):
    """The name of the picture, of {name: uint8 [h, w, 3]}, that is most like `result`."""
    x = tensor(result)
    return min(every, key=lambda n: float(unlikeness(x, tensor(every[n]))))


def psnr(a, b):
    """Decibels, of pictures in -1..1."""
    return float(10 * torch.log10(4 / ((a.clamp(-1, 1) - b) ** 2).mean()))


def pictures(paths, short=512):
    """Files as [1, 3, H, W] in -1..1, sides multiples of 64."""
    out = []
    for p in paths:
        im = cv2.imread(p)[..., ::-1]
        k = short / min(im.shape[:2])
        im = cv2.resize(im, None, fx=k, fy=k, interpolation=cv2.INTER_AREA)
        im = im[:im.shape[0] // 64 * 64, :im.shape[1] // 64 * 64]
        out.append(torch.from_numpy(np.ascontiguousarray(im)).permute(2, 0, 1)[None].float() / 127.5 - 1)
    return out
