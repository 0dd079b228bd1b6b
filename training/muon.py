"""Muon: momentum whose matrix updates are made orthogonal (Newton-Schulz), AdamW for everything that is no matrix.

K. Jordan et al. 2024; the update is scaled by 0.2 sqrt(max(rows, columns)) so that AdamW's learning rates fit (J. Liu et al. 2025).
At this model's size it costs about a sixth of a step and needs far fewer steps.
"""
import torch


def orthogonal(g, steps=5):
    """The nearest semi-orthogonal matrix, roughly: singular values in 0.7 .. 1.2."""
    a, b, c = 3.4445, -4.7750, 2.0315
    x = g.flatten(1).bfloat16()                     # enough for a direction, and twice as fast
    flip = x.shape[0] > x.shape[1]
    x = x.T if flip else x
    x = x / (x.norm() + 1e-7)
    for _ in range(steps):
        m = x @ x.T
        x = a * x + (b * m + c * m @ m) @ x
    return (x.T if flip else x).float().reshape(g.shape)


class Muon(torch.optim.Optimizer):
    def __init__(self, params, lr, momentum=0.95, decay=0.01):
        super().__init__(params, {'lr': lr, 'momentum': momentum, 'decay': decay})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for p in group['params']:
                if p.grad is None:
                    continue
                m = self.state[p].setdefault('momentum', torch.zeros_like(p))
                m.lerp_(p.grad, 1 - group['momentum'])
                u = orthogonal(p.grad.lerp(m, group['momentum']))
                scale = 0.2 * max(p.shape[0], p[0].numel()) ** 0.5
                p.mul_(1 - group['lr'] * group['decay']).add_(u.view_as(p), alpha=-group['lr'] * scale)


def optimizers(named, lr):
    """Muon for the inner matrices and convolutions; AdamW for norms, biases, embeddings and the convolutions at both ends (the last one,
    whose results are large in an almost clean schedule, eight times as fast)."""
    edge = ('conv_in', 'conv_out', 'token_embedding', 'position_embedding', 'controlnet_cond_embedding')
    inner, rest, last = [], [], []
    for name, p in named:
        if p.requires_grad:
            (last if 'conv_out' in name else inner if p.ndim >= 2 and not any(e in name for e in edge) else rest).append(p)
    groups = [{'params': rest}] + ([{'params': last, 'scale': 8}] if last else [])        # a group's rate is `scale` times the others'
    return [Muon(inner, lr), torch.optim.AdamW(groups, lr=lr, betas=(0.9, 0.99), weight_decay=0.0)]
