"""The HunyuanVideo 1.5 transformer in plain torch: any batch, padded text with a mask, with or without a first picture.

Parameter names and results equal those of diffusers' HunyuanVideo15Transformer3DModel (`check_against_diffusers`).
A picture enters as diffusers' image-to-video pipeline gives it: its latents in the condition channels of the first frame,
with 1 in the mask channel there, and as image tokens before the text. There is one such token, and it says no more than
that there is a picture: the image projection ends in zeros, so that only the token's kind is left of it.
"""
import math

import torch
import torch.nn.functional as F
from torch import nn

CONFIG = {
    "in_channels": 33, "out_channels": 16, "num_attention_heads": 4, "attention_head_dim": 32, "num_layers": 6,
    "num_refiner_layers": 2, "mlp_ratio": 4.0, "patch_size": 2, "patch_size_t": 1, "qk_norm": "rms_norm",
    "text_embed_dim": 96, "text_embed_2_dim": 32, "image_embed_dim": 32, "rope_theta": 256.0, "rope_axes_dim": [8, 12, 12],
    "target_size": 96, "task_type": "t2v", "use_meanflow": False,
}


def tree(**modules):
    return nn.ModuleDict(modules)


def timestep_mlp(d):
    return tree(linear_1=nn.Linear(256, d), linear_2=nn.Linear(d, d))


def sinusoid(t):
    a = t.float()[:, None] * torch.exp(-math.log(10000.0) * torch.arange(128) / 128)
    return torch.cat([a.cos(), a.sin()], -1)


def two_layers(m, x):
    return m["linear_2"](F.silu(m["linear_1"](x)))


def feed_forward(d, hidden):
    """Names as in diffusers: net.0.proj and net.2."""
    return tree(net=nn.ModuleList([tree(proj=nn.Linear(d, hidden)), nn.Identity(), nn.Linear(hidden, d)]))


def attend(q, k, v, bias):
    """softmax(q·kᵀ/√d + bias)·v of [B, H, S, D]. Written out: for a few hundred tokens it compiles to half the time of
    the CPU's flash attention with its backward pass."""
    scores = (q * q.shape[-1] ** -0.5) @ k.transpose(-1, -2) + bias
    return torch.softmax(scores.float(), -1).to(v.dtype) @ v


def forbid(valid):
    """What is added to the scores of keys [B, S] so that only valid ones are attended to."""
    return torch.zeros(valid.shape).masked_fill(~valid.bool(), -1e4)[:, None, None]


class RefinerBlock(nn.Module):
    def __init__(self, d, heads):
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(d, eps=1e-6), nn.LayerNorm(d, eps=1e-6)
        self.attn = tree(to_q=nn.Linear(d, d), to_k=nn.Linear(d, d), to_v=nn.Linear(d, d), to_out=nn.ModuleList([nn.Linear(d, d)]))
        self.ff = feed_forward(d, 4 * d)
        self.norm_out = tree(linear=nn.Linear(d, 2 * d))

    def forward(self, x, c, mask):
        g1, g2 = self.norm_out["linear"](F.silu(c))[:, None].chunk(2, -1)
        n, a = self.norm1(x), self.attn
        q, k, v = (a[m](n).unflatten(2, (self.heads, -1)).transpose(1, 2) for m in ("to_q", "to_k", "to_v"))
        o = attend(q, k, v, mask).transpose(1, 2).flatten(2)
        x = x + g1 * a["to_out"][0](o)
        f = self.ff["net"]
        return x + g2 * f[2](F.silu(f[0]["proj"](self.norm2(x))))


def turn(x, cos, sin):
    """Rotates the first half of the last dimension with the second: neighbouring pairs, once `halves` has sorted them."""
    a, b = x.chunk(2, -1)
    return torch.cat([a * cos - b * sin, b * cos + a * sin], -1)


def halves(heads, head_dim):
    """The order of a projection's rows that puts each head's even features before its odd ones. Queries and keys in any
    common order have the same products, and in this one the rotation runs over contiguous memory."""
    return torch.arange(heads * head_dim).view(heads, head_dim // 2, 2).transpose(1, 2).flatten()


class Rms(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(n))


class Block(nn.Module):
    def __init__(self, d, heads, ratio):
        super().__init__()
        self.heads = heads
        self.norm1, self.norm1_context = tree(linear=nn.Linear(d, 6 * d)), tree(linear=nn.Linear(d, 6 * d))
        names = ("to_q", "to_k", "to_v", "add_q_proj", "add_k_proj", "add_v_proj", "to_add_out")
        self.attn = tree(**{n: nn.Linear(d, d) for n in names}, to_out=nn.ModuleList([nn.Linear(d, d)]),
                         **{n: Rms(d // heads) for n in ("norm_q", "norm_k", "norm_added_q", "norm_added_k")})
        self.ff, self.ff_context = feed_forward(d, int(ratio * d)), feed_forward(d, int(ratio * d))

    def forward(self, h, e, st, rope, mask):
        s1, k1, g1, s2, k2, g2 = self.norm1["linear"](st)[:, None].chunk(6, -1)
        cs1, ck1, cg1, cs2, ck2, cg2 = self.norm1_context["linear"](st)[:, None].chunk(6, -1)
        a, d = self.attn, h.shape[-1:]
        n = F.layer_norm(h, d, eps=1e-6) * (1 + k1) + s1
        m = F.layer_norm(e, d, eps=1e-6) * (1 + ck1) + cs1

        def heads(t):
            return t.unflatten(2, (self.heads, -1)).transpose(1, 2)

        order = halves(self.heads, d[0] // self.heads)

        def normed(projection, norm, t):
            return F.rms_norm(heads(F.linear(t, projection.weight[order], projection.bias[order])).float(),
                              norm.weight.shape, norm.weight[order[:norm.weight.shape[0]]], 1e-6)

        v = heads(a["to_v"](n))
        q = turn(normed(a["to_q"], a["norm_q"], n), *rope)
        k = turn(normed(a["to_k"], a["norm_k"], n), *rope)
        q = torch.cat([q, normed(a["add_q_proj"], a["norm_added_q"], m)], 2).to(v.dtype)
        k = torch.cat([k, normed(a["add_k_proj"], a["norm_added_k"], m)], 2).to(v.dtype)
        v = torch.cat([v, heads(a["add_v_proj"](m))], 2)
        o = attend(q, k, v, mask).transpose(1, 2).flatten(2)
        nv = h.shape[1]
        h = h + g1 * a["to_out"][0](o[:, :nv])
        e = e + cg1 * a["to_add_out"](o[:, nv:])
        n = F.layer_norm(h, d, eps=1e-6) * (1 + k2) + s2
        m = F.layer_norm(e, d, eps=1e-6) * (1 + ck2) + cs2
        f, fc = self.ff["net"], self.ff_context["net"]
        h = h + g2 * f[2](F.gelu(f[0]["proj"](n), approximate="tanh"))
        return h, e + cg2 * fc[2](F.gelu(fc[0]["proj"](m), approximate="tanh"))


class Transformer(nn.Module):
    """(latents [B, T, H, W, C], times 0…1000 [B], text [B, S, d], valid [B, S], first [B, H, W, C], pictured [B]) to the
    velocity, shaped like the latents. `first` holds the latents of the first picture where `pictured` is 1, and zeros
    where it is 0, which is text-to-video."""

    def __init__(self, c=None):
        super().__init__()
        c = self.config = c or CONFIG
        d, heads = c["num_attention_heads"] * c["attention_head_dim"], c["num_attention_heads"]
        self.patch, self.channels = c["patch_size"], c["out_channels"]
        self.x_embedder = nn.Linear(c["in_channels"] * self.patch ** 2, d)
        self.context_embedder = tree(
            time_text_embed=tree(timestep_embedder=timestep_mlp(d),
                                 text_embedder=tree(linear_1=nn.Linear(c["text_embed_dim"], d), linear_2=nn.Linear(d, d))),
            proj_in=nn.Linear(c["text_embed_dim"], d),
            token_refiner=tree(refiner_blocks=nn.ModuleList(RefinerBlock(d, heads) for _ in range(c["num_refiner_layers"]))))
        self.time_embed = tree(timestep_embedder=timestep_mlp(d))
        self.cond_type_embed = nn.Embedding(3, d)
        self.transformer_blocks = nn.ModuleList(Block(d, heads, c["mlp_ratio"]) for _ in range(c["num_layers"]))
        self.norm_out = tree(linear=nn.Linear(d, 2 * d))
        self.proj_out = nn.Linear(d, self.channels * self.patch ** 2)
        self._start()

    def _start(self):
        """Zero gates and output; everything else as torch starts it, orthogonal for the matrices in the blocks."""
        for n, p in self.named_parameters():
            if n.endswith("bias"):
                nn.init.zeros_(p)
            if "norm1.linear" in n or "norm1_context.linear" in n or n.startswith(("norm_out", "proj_out")):
                nn.init.zeros_(p)
            elif p.ndim == 2 and "_blocks" in n and "norm" not in n:
                nn.init.orthogonal_(p, 0.7)
        nn.init.normal_(self.cond_type_embed.weight, std=0.1)
        for b in self.transformer_blocks:  # open the gates a little
            d = b.norm1["linear"].bias.shape[0] // 6
            for m in (b.norm1, b.norm1_context):
                for i in (2, 5):
                    nn.init.constant_(m["linear"].bias[i * d:(i + 1) * d], 0.2)
        for b in self.context_embedder["token_refiner"]["refiner_blocks"]:
            nn.init.normal_(b.norm_out["linear"].weight, std=0.02)
            nn.init.constant_(b.norm_out["linear"].bias, 0.3)

    def rope(self, t, h, w):
        grid = torch.meshgrid(torch.arange(t).float(), torch.arange(h).float(), torch.arange(w).float(), indexing="ij")
        angles = [g.reshape(-1, 1) / self.config["rope_theta"] ** (torch.arange(0, n, 2).float() / n)
                  for n, g in zip(self.config["rope_axes_dim"], grid)]
        a = torch.cat(angles, 1)
        return a.cos(), a.sin()

    def condition(self, first, pictured, frames):
        """Condition latents and mask [B, T, H, W, C + 1]: the picture in the first frame, zeros behind it."""
        mask = pictured.view(-1, 1, 1, 1).expand(*first.shape[:3], 1)
        return F.pad(torch.cat([first, mask], -1)[:, None], (0, 0, 0, 0, 0, 0, 0, frames - 1))

    def forward(self, x, t, text, valid, first, pictured):
        b, f, hh, ww, c = x.shape
        p = self.patch
        rope = self.rope(f, hh // p, ww // p)
        x = torch.cat([x, self.condition(first, pictured, f)], -1)
        x = x.view(b, f, hh // p, p, ww // p, p, -1).permute(0, 1, 2, 4, 6, 3, 5).reshape(b, f * (hh // p) * (ww // p), -1)
        h = self.x_embedder(x)
        s = sinusoid(t)
        temb = two_layers(self.time_embed["timestep_embedder"], s)
        ce = self.context_embedder
        pooled = (text * valid[..., None]).sum(1) / valid.sum(1, keepdim=True)
        cond = two_layers(ce["time_text_embed"]["timestep_embedder"], s) + two_layers(ce["time_text_embed"]["text_embedder"], pooled)
        bias = forbid(valid)
        e = ce["proj_in"](text)
        for r in ce["token_refiner"]["refiner_blocks"]:
            e = r(e, cond, bias)
        picture = self.cond_type_embed.weight[2].expand(b, 1, -1).to(e.dtype)
        e = torch.cat([picture, e + self.cond_type_embed.weight[0]], 1)
        mask = F.pad(forbid(torch.cat([pictured[:, None], valid], 1)), (h.shape[1], 0))
        st = F.silu(temb)
        for block in self.transformer_blocks:
            h, e = block(h, e, st, rope, mask)
        scale, shift = self.norm_out["linear"](st)[:, None].chunk(2, -1)
        y = self.proj_out(F.layer_norm(h, h.shape[-1:], eps=1e-6) * (1 + scale) + shift)
        y = y.view(b, f, hh // p, ww // p, c, p, p).permute(0, 1, 2, 5, 3, 6, 4)
        return y.reshape(b, f, hh, ww, c)


def diffusers_state(model):
    """diffusers' class with this model's weights. The image projection and the glyph projection, which are not here, end in
    zeros: image tokens are all the same, and quoted text is accepted and adds tokens that say nothing.
    """
    from diffusers import HunyuanVideo15Transformer3DModel
    ref = HunyuanVideo15Transformer3DModel(**model.config)
    own = {k: v.detach().clone() for k, v in model.state_dict().items()}
    p = model.patch
    own["x_embedder.proj.weight"] = own.pop("x_embedder.weight").view(-1, model.config["in_channels"], 1, p, p)
    own["x_embedder.proj.bias"] = own.pop("x_embedder.bias")
    for k, v in ref.state_dict().items():
        if k not in own:
            assert k.startswith(("image_embedder", "context_embedder_2")), k
            own[k] = torch.zeros_like(v) if v.ndim > 1 or k.endswith("bias") else torch.ones_like(v)
    ref.load_state_dict(own)
    return ref


@torch.no_grad()
def check_against_diffusers(model, pictured):
    """Largest difference between this class and diffusers' in float32 on random input, relative to the output's size."""
    ref, c, n = diffusers_state(model).eval(), model.config, model.channels
    x, text = torch.randn(1, n, 3, 8, 8), torch.randn(1, 9, c["text_embed_dim"])
    condition = torch.zeros(1, n + 1, 3, 8, 8)
    if pictured:
        condition[:, :n, 0], condition[:, n, 0] = torch.randn(1, n, 8, 8), 1
    valid = torch.tensor([[1, 1, 1, 1, 1, 1, 0, 0, 0]])
    t = torch.tensor([431.0])
    want = ref(hidden_states=torch.cat([x, condition], 1), timestep=t, encoder_hidden_states=text, encoder_attention_mask=valid,
               encoder_hidden_states_2=torch.zeros(1, 4, c["text_embed_2_dim"]), encoder_attention_mask_2=torch.zeros(1, 4),
               image_embeds=float(pictured) * torch.randn(1, 1, c["image_embed_dim"]), return_dict=False)[0]
    first = condition[:, :n, 0].permute(0, 2, 3, 1)
    got = model(x.permute(0, 2, 3, 4, 1), t, text, valid.float(), first, torch.tensor([float(pictured)])).permute(0, 4, 1, 2, 3)
    return ((want - got).abs().max() / want.abs().max()).item()
