"""Trains the transformer of the model with sound, and with it the connectors, on video and audio latents together.

diffusers' own classes are trained; only the attention is written out, which is faster on a CPU than its flash kernels.
"""
import os

import torch
import torch._inductor.config

import clips
import loop
import sound_latents
import sound_models
import sound_world
from muon import Optimizer
from train_transformer import noise_levels

GRID = (7, 6, 6)
SHIFT = 4.0
AUDIO_WEIGHT = 0.5


class WrittenOutAttention:
    """softmax(q·kᵀ/√d)·v with norms and rotary positions, as diffusers' processor computes it without masks."""

    def __call__(self, attn, hidden_states, encoder_hidden_states=None, attention_mask=None, query_rotary_emb=None,
                 key_rotary_emb=None):
        context = hidden_states if encoder_hidden_states is None else encoder_hidden_states

        def heads(t):
            return t.unflatten(2, (attn.heads, -1)).transpose(1, 2)

        def turned(t, rope):
            a, b = t.chunk(2, -1)
            cos, sin = rope
            return torch.cat([a * cos - b * sin, b * cos + a * sin], -1)

        v = heads(attn.to_v(context))
        q, k = heads(attn.norm_q(attn.to_q(hidden_states).float())), heads(attn.norm_k(attn.to_k(context).float()))
        if query_rotary_emb is not None:
            q = turned(q, query_rotary_emb)
            k = turned(k, query_rotary_emb if key_rotary_emb is None else key_rotary_emb)
        scores = (q * q.shape[-1] ** -0.5).to(v.dtype) @ k.to(v.dtype).transpose(-1, -2)
        out = torch.softmax(scores.float(), -1).to(v.dtype) @ v
        return attn.to_out[0](out.transpose(1, 2).flatten(2))


def write_out(model):
    for m in model.modules():
        if hasattr(m, "set_processor") and hasattr(m, "to_q"):
            m.set_processor(WrittenOutAttention())


class Generator(torch.nn.Module):
    """(noisy video [B, 252, 48], noisy audio [B, 26, 16], times 0…1000 [B], text states, mask) to both velocities."""

    def __init__(self, connectors=None, transformer=None):
        super().__init__()
        self.connectors = connectors or sound_models.connectors()
        self.transformer = transformer or sound_models.transformer()
        t = self.transformer
        self.register_buffer("video_coords", t.rope.prepare_video_coords(1, *GRID, "cpu", fps=float(sound_world.FPS)), False)
        self.register_buffer("audio_coords", t.audio_rope.prepare_audio_coords(1, sound_world.TOKENS, "cpu"), False)

    def text(self, states, mask):
        video, audio, _ = self.connectors(states, mask, padding_side="left")
        return video, audio

    def velocity(self, video, audio, times, text):
        return self.transformer(
            hidden_states=video, audio_hidden_states=audio, encoder_hidden_states=text[0], audio_encoder_hidden_states=text[1],
            timestep=times, sigma=times, video_coords=self.video_coords, audio_coords=self.audio_coords,
            use_cross_timestep=True, return_dict=False)

    def forward(self, video, audio, times, states, mask):
        return self.velocity(video, audio, times, self.text(states, mask))


def is_matrix(name, p):
    outer = ("proj_in", "proj_out", "registers", "table", "timestep_embedder", "norm")
    return p.ndim == 2 and not any(s in name.split("connectors.")[-1] for s in outer)


def sigmas(steps, shift=SHIFT):
    """The pipeline's noise levels with the scheduler's settings of export.py."""
    s = torch.linspace(1, 1 / steps, steps)
    return torch.cat([shift / (shift + 1 / s - 1), torch.zeros(1)])


@torch.no_grad()
def sample(model, encoder, tok, prompts, steps=30, guidance=2.0, audio_guidance=2.0, seed=0, shift=SHIFT):
    """Video latents [B, 7, 6, 6, 48] and audio latents [B, 26, 16] by the pipeline's steps, all from the same noise."""
    n = len(prompts)
    text = model.text(*sound_models.encode_text(encoder, tok, [""] * n + list(prompts)))
    g = torch.Generator().manual_seed(seed)
    x = torch.randn(1, sound_latents.CHANNELS, *GRID, generator=g).flatten(2).transpose(1, 2).repeat(n, 1, 1)
    a = torch.randn(1, 2, sound_world.TOKENS, 8, generator=g).transpose(1, 2).flatten(2).repeat(n, 1, 1)
    levels = sigmas(steps, shift)
    for now, then in zip(levels[:-1], levels[1:]):
        v, w = model.velocity(x.repeat(2, 1, 1), a.repeat(2, 1, 1), (now * 1000).expand(2 * n), text)
        x = x + (then - now) * (v[:n] + guidance * (v[n:] - v[:n]))
        a = a + (then - now) * (w[:n] + audio_guidance * (w[n:] - w[:n]))
    return x.unflatten(1, GRID), a


def train(folder, tok, course, batch_size=16, seed=3):
    """Trains from the last checkpoint in `folder` if there is one; `batch_size` is per process."""
    torch.manual_seed(seed)
    space = torch.load(os.path.join(folder, "space.pt"))
    encoder, model = sound_models.text_encoder(len(tok)), Generator()
    write_out(model)
    run = loop.Run(os.path.join(folder, "transformer.pt"), model, Optimizer(model.named_parameters(), is_matrix, 0.015, 2e-3),
                   course, seed, keep=0.995)
    torch._inductor.config.cpp.dynamic_threads = True
    fast = torch.compile(model, dynamic=False)
    source = clips.ahead(lambda i: sound_latents.batch(space, batch_size, seed, i), run.numbers())
    while run.going():
        gen = torch.Generator().manual_seed(run.key())
        x0, a0, prompts = next(source)
        states, mask = sound_models.encode_text(encoder, tok, prompts)
        sigma = noise_levels(batch_size, gen)
        xn, an = torch.randn(x0.shape, generator=gen), torch.randn(a0.shape, generator=gen)
        w = sigma.view(-1, 1, 1)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            v, u = fast((1 - w) * x0 + w * xn, (1 - w) * a0 + w * an, sigma * 1000, states, mask)
        video, audio = (v.float() - (xn - x0)).square().mean(), (u.float() - (an - a0)).square().mean()
        run.update(video + AUDIO_WEIGHT * audio, loss=video, sound=audio)


@torch.no_grad()
def check_against_diffusers(folder, tok):
    """Largest difference between the trained form and diffusers' own attention, on random input."""
    model, encoder = Generator(), sound_models.text_encoder(len(tok))
    for p in model.parameters():
        p.add_(0.05 * torch.randn(p.shape))
    model.video_coords, model.audio_coords = (c.repeat(2, 1, 1, 1) for c in (model.video_coords, model.audio_coords))
    inputs = (torch.randn(2, 252, sound_latents.CHANNELS), torch.randn(2, 26, 16), torch.tensor([730.0, 120.0]),
              *sound_models.encode_text(encoder, tok, ["a red circle moves right", ""]))
    want = model(*inputs)
    write_out(model)
    return max((a - b).abs().max().item() / a.abs().max().item() for a, b in zip(want, model(*inputs)))
