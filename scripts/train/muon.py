"""Muon for weight matrices (the momentum is orthogonalised before it is applied) with Adam for everything else, and EMA."""
import torch


def orthogonalise(g):
    """Five Newton-Schulz iterations: `g` with its singular values moved close to one."""
    x = g.bfloat16()
    wide = x.shape[0] <= x.shape[1]
    x = x if wide else x.T
    x = x / (x.norm() + 1e-7)
    for _ in range(5):
        a = x @ x.T
        x = 3.4445 * x + (-4.7750 * a + 2.0315 * (a @ a)) @ x
    return x if wide else x.T


class Optimizer:
    """Updates named parameters; `is_matrix(name, p)` says which of them Muon takes, `decay(name)` with which weight decay."""

    def __init__(self, named, is_matrix, lr_matrix, lr_other, decay=lambda name: 0.0):
        self.matrices, self.others, self.decays = [], [], []
        for n, p in named:
            if p.requires_grad and is_matrix(n, p):
                self.matrices.append(p)
                self.decays.append(decay(n))
            elif p.requires_grad:
                self.others.append(p)
        self.lr = lr_matrix
        self.momentum = [torch.zeros_like(p) for p in self.matrices]
        self.adam = torch.optim.Adam(self.others, lr=lr_other, betas=(0.9, 0.98), eps=1e-9)
        self.lr_other = lr_other

    @torch.no_grad()
    def step(self, factor):
        """One update with both learning rates multiplied by `factor`; clears the gradients."""
        for group in self.adam.param_groups:
            group["lr"] = self.lr_other * factor
        torch.nn.utils.clip_grad_norm_(self.others, 1.0)
        self.adam.step()
        for p, m, decay in zip(self.matrices, self.momentum, self.decays):
            if p.grad is None:
                continue
            m.mul_(0.95).add_(p.grad)
            u = orthogonalise((p.grad + 0.95 * m).reshape(p.shape[0], -1))
            scale = max(1, u.shape[0] / u.shape[1]) ** 0.5
            p.mul_(1 - self.lr * factor * decay)
            p.add_(u.view_as(p).to(p.dtype), alpha=-self.lr * factor * scale)
            p.grad = None
        self.adam.zero_grad(set_to_none=True)

    def state_dict(self):
        return {"adam": self.adam.state_dict(), "momentum": self.momentum}

    def load_state_dict(self, s):
        self.adam.load_state_dict(s["adam"])
        for m, v in zip(self.momentum, s["momentum"]):
            m.copy_(v)


class Ema:
    """A running mean of the weights, with a shorter memory at the start."""

    def __init__(self, model, decay):
        self.decay, self.n = decay, 0
        self.shadow = {k: v.detach().clone() for k, v in model.state_dict().items()}

    @torch.no_grad()
    def update(self, model):
        self.n += 1
        d = min(self.decay, (1 + self.n) / (10 + self.n))
        for k, v in model.state_dict().items():
            self.shadow[k].lerp_(v, 1 - d)

    def state_dict(self):
        return {"n": self.n, "shadow": self.shadow}

    def load_state_dict(self, s):
        self.n = s["n"]
        for k, v in s["shadow"].items():
            self.shadow[k].copy_(v)


def schedule(step, steps, warm_up=100, decay_from=0.6, elapsed=0.0):
    """Warm-up, a plateau, and a linear decay to zero over the last part of the steps, or of the time if that ends first.

    `elapsed` is the share of the given time that has passed.
    """
    return min(1.0, (step + 1) / warm_up, max(0.0, 1 - max(step / steps, elapsed)) / (1 - decay_from))
