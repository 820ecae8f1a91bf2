"""How far two programs' results are from float32: a first step's velocities, and what is decoded from given latents."""

import copy
from typing import Any

import torch

Pipeline = Any
Tensors = dict[str, torch.Tensor]


def distance(got: torch.Tensor, want: torch.Tensor) -> float:
    """Relative, by root mean squares."""
    got, want = got.float(), want.float()
    if got.shape != want.shape:
        raise ValueError(f"shapes {tuple(got.shape)} and {tuple(want.shape)} differ")
    return float((got - want).norm() / want.norm())


def psnr(got: torch.Tensor, want: torch.Tensor) -> float:
    """In dB, of values in 0..1; two equal ones have 120."""
    if got.shape != want.shape:
        raise ValueError(f"shapes {tuple(got.shape)} and {tuple(want.shape)} differ")
    return float(-10 * torch.log10((got.float() - want.float()).square().mean().clamp(min=1e-12)))


def signal_to_noise(got: torch.Tensor, want: torch.Tensor) -> float:
    """In dB, of the common length."""
    length = min(got.shape[-1], want.shape[-1])
    return float(-20 * torch.log10(torch.tensor(max(distance(got[..., :length], want[..., :length]), 1e-6))))


def decoded_hunyuan15(pipeline: Pipeline, latents: Tensors, dtype: torch.dtype, device: str) -> Tensors:
    """The video [F, H, W, C] in 0..1."""
    vae = copy.deepcopy(pipeline.vae).to(dtype)
    given = latents["latents_final"].to(device, dtype) / vae.config.scaling_factor
    return {"video": as_frames(vae.decode(given, return_dict=False)[0])}


def decoded_ltx2(pipeline: Pipeline, latents: Tensors, dtype: torch.dtype, device: str) -> Tensors:
    """The same and the sound [channels, samples]."""
    vae, sound_vae, vocoder = (copy.deepcopy(part).to(dtype) for part in (pipeline.vae, pipeline.audio_vae, pipeline.vocoder))
    given = latents["latents_final"].to(device, dtype)
    given = pipeline._denormalize_latents(given, vae.latents_mean, vae.latents_std, vae.config.scaling_factor).to(dtype)
    sound = latents["audio_latents_final"].to(device, dtype)
    length, mel = sound.shape[2:]
    packed = pipeline._denormalize_audio_latents(sound.transpose(1, 2).flatten(2), sound_vae.latents_mean, sound_vae.latents_std)
    spectrogram = sound_vae.decode(pipeline._unpack_audio_latents(packed, length, num_mel_bins=mel).to(dtype), return_dict=False)[0]
    return {"video": as_frames(vae.decode(given, None, return_dict=False)[0]), "audio": vocoder(spectrogram)[0].float().cpu()}


def as_frames(pixels: torch.Tensor) -> torch.Tensor:
    return (pixels[0].float().permute(1, 2, 3, 0) / 2 + 0.5).clamp(0, 1).cpu()


DECODED = {"hunyuan15": decoded_hunyuan15, "ltx2": decoded_ltx2}
MEASURES = {"video": psnr, "audio": signal_to_noise}


def first_step_rows(program: str, ours: Tensors, theirs: Tensors, exact: Tensors) -> list[dict[str, Any]]:
    return [
        {"program": program, "tensor": name, "distance": distance(ours[name], want), "diffusers_distance": distance(theirs[name], want)}
        for name, want in exact.items()
    ]


def decode_rows(pipeline: Pipeline, family: str, program: str, ours: Tensors, device: str) -> list[dict[str, Any]]:
    """Of this program's latents: its frames and sound from a float32 decode, and those that diffusers decodes in bfloat16."""
    exact = DECODED[family](pipeline, ours, torch.float32, device)
    theirs = DECODED[family](pipeline, ours, torch.bfloat16, device)
    return [
        {"program": program, "tensor": name, "dB": MEASURES[name](ours[name], want), "diffusers_dB": MEASURES[name](theirs[name], want)}
        for name, want in exact.items()
    ]


def run_rows(program: str, ours: Tensors, videos: Tensors) -> list[dict[str, Any]]:
    """The whole run beside diffusers' own, and diffusers' beside itself with attention by another library."""
    row = {"program": program, "to_diffusers_dB": psnr(ours["video"], videos["shipped"])}
    if "cudnn" in videos:
        row["diffusers_to_itself_dB"] = psnr(videos["cudnn"], videos["shipped"])
    return [row]
