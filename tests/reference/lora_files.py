#!/usr/bin/env python3
"""Makes random files of low-rank adapters (LoRA) for a checkpoint, under the names that trainers
write, and adds them to its weights in plain torch.

lora_files.py        makes the stored files of tests/data/hunyuan15/lora again
"""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import reference_environment

import torch
from diffusers.loaders.lora_conversion_utils import (
    _convert_hunyuan_video_lora_to_diffusers,
    _convert_non_diffusers_ltx2_lora_to_diffusers,
)
from safetensors.torch import load_file, save_file

Tensors = dict[str, torch.Tensor]
DATA = Path(__file__).resolve().parents[1] / "data"
TRANSFORMER = "transformer."


def weights_of(model: Path, component: str) -> Tensors:
    """All tensors of a component, as they are stored."""
    weights: Tensors = {}
    for path in sorted((model / component).glob("*.safetensors")):
        weights |= load_file(path)
    return weights


@dataclass(frozen=True)
class Draw:
    """One random adapter file: how many of the layers, and at which rank."""

    seed: int
    rank: int
    share: float = 1.0
    dtype: torch.dtype = torch.float32

    def factors(self, weights: Tensors, wanted: Callable[[str], bool]) -> dict[str, Tensors]:
        """By layer: `down`, `up`, whose product is about as large as the layer's weight."""
        generator = torch.Generator().manual_seed(self.seed)
        layers: dict[str, Tensors] = {}
        for name in sorted(weights):
            layer = name.removesuffix(".weight")
            shape = weights[name].shape
            if layer == name or len(shape) != 2 or not wanted(layer):
                continue
            if torch.rand((), generator=generator) > self.share:
                continue
            size = float(weights[name].float().std()) * 0.5 / self.rank**0.5
            down = torch.randn(self.rank, shape[1], generator=generator)
            up = torch.randn(shape[0], self.rank, generator=generator) * size
            layers[layer] = {"down": down.to(self.dtype), "up": up.to(self.dtype)}
        return layers


def as_peft(layers: dict[str, Tensors]) -> Tensors:
    """`transformer.LAYER.lora_A.weight`: alpha is the rank."""
    file = {f"{TRANSFORMER}{layer}.lora_A.weight": pair["down"] for layer, pair in layers.items()}
    file |= {f"{TRANSFORMER}{layer}.lora_B.weight": pair["up"] for layer, pair in layers.items()}
    return file


def as_kohya(layers: dict[str, Tensors], alpha: float) -> Tensors:
    """`LAYER.lora_down.weight` and `.alpha`."""
    file = {f"{layer}.lora_down.weight": pair["down"] for layer, pair in layers.items()}
    file |= {f"{layer}.lora_up.weight": pair["up"] for layer, pair in layers.items()}
    file |= {f"{layer}.alpha": torch.tensor(alpha) for layer in layers}
    return file


def original_hunyuan15(model: Path, draw: Draw) -> Tensors:
    """Names of Tencent's repository, of the blocks: queries, keys and values are one layer."""
    generator = torch.Generator().manual_seed(draw.seed)
    weights = weights_of(model, "transformer")
    file: Tensors = {}
    for theirs, ours, parts in [
        *[("img_attn_qkv", "attn.to_q", 3), ("txt_attn_qkv", "attn.add_q_proj", 3)],
        *[("img_attn_proj", "attn.to_out.0", 1), ("img_mlp.fc1", "ff.net.0.proj", 1)],
        *[("img_mod.linear", "norm1.linear", 1), ("txt_mlp.fc2", "ff_context.net.2", 1)],
    ]:
        rows, columns = weights[f"transformer_blocks.0.{ours}.weight"].shape
        up = torch.randn(rows * parts, draw.rank, generator=generator) * 0.02
        down = torch.randn(draw.rank, columns, generator=generator)
        layer = f"diffusion_model.double_blocks.0.{theirs}"
        file |= {f"{layer}.lora_A.weight": down, f"{layer}.lora_B.weight": up}
    return file


LTX2_NAMES = {
    "proj_in": "patchify_proj",
    "audio_proj_in": "audio_patchify_proj",
    "time_embed.linear": "adaln_single.linear",
    **{
        f"audio_time_embed.emb.timestep_embedder.linear_{i}": (
            f"audio_adaln_single.emb.timestep_embedder.linear_{i}"
        )
        for i in (1, 2)
    },
    "av_cross_attn_video_a2v_gate.linear": "av_ca_a2v_gate_adaln_single.linear",
    "av_cross_attn_audio_scale_shift.linear": "av_ca_audio_scale_shift_adaln_single.linear",
    "prompt_adaln.linear": "prompt_adaln_single.linear",
    "transformer_blocks.0.attn1.to_k": "transformer_blocks.0.attn1.to_k",
    "transformer_blocks.1.audio_ff.net.2": "transformer_blocks.1.audio_ff.net.2",
}


def original_ltx2(model: Path, draw: Draw) -> Tensors:
    """Names of Lightricks' repository."""
    weights = weights_of(model, "transformer")
    layers = draw.factors(weights, lambda layer: layer in LTX2_NAMES)
    theirs = {LTX2_NAMES[layer]: pair for layer, pair in layers.items()}
    return {
        name.replace(TRANSFORMER, "diffusion_model.", 1): tensor
        for name, tensor in as_peft(theirs).items()
    }


def in_diffusers_names(file: Tensors, family: str) -> Tensors:
    """As diffusers itself understands the names of the original repositories."""
    if not any(name.startswith("diffusion_model.") for name in file):
        return file
    if family == "ltx2":
        return _convert_non_diffusers_ltx2_lora_to_diffusers(dict(file))
    return _convert_hunyuan_video_lora_to_diffusers(dict(file))


def add_to(weights: Tensors, file: Tensors, scale: float) -> None:
    """W + scale * alpha / rank * up down, in float32, of the layers that the file names."""
    used = 0
    for name, down in file.items():
        for spelling, other in [("lora_A", "lora_B"), ("lora_down", "lora_up")]:
            ending = f".{spelling}.weight"
            if not name.endswith(ending):
                continue
            stem = name.removesuffix(ending)
            up = file[f"{stem}.{other}.weight"]
            rank = down.shape[0]
            factor = scale * float(file.get(f"{stem}.alpha", torch.tensor(float(rank)))) / rank
            target = stem.removeprefix(TRANSFORMER) + ".weight"
            product = up.float() @ down.float()
            weights[target] = weights[target].float() + factor * product
            used += 2 + (f"{stem}.alpha" in file)
    assert used == len(file), f"{len(file) - used} tensors are not used"


def merged_model(model: Path, added: list[tuple[Tensors, float]], directory: Path) -> None:
    """A copy of the checkpoint whose transformer's weights have the adapters in them."""
    directory.mkdir(parents=True)
    for entry in model.iterdir():
        if entry.name != "transformer":
            (directory / entry.name).symlink_to(entry)
    weights = weights_of(model, "transformer")
    for file, scale in added:
        add_to(weights, file, scale)
    (directory / "transformer").mkdir()
    shutil.copy(model / "transformer" / "config.json", directory / "transformer")
    save_file(
        {name: tensor.float().contiguous() for name, tensor in weights.items()},
        directory / "transformer" / "diffusion_pytorch_model.safetensors",
    )


def main() -> None:
    """Two files for one layer and others, and the weights with both of them."""
    reference_environment.settle_torch()
    directory, model = DATA / "hunyuan15" / "lora", DATA / "hunyuan15" / "t2v" / "model"
    directory.mkdir(exist_ok=True)
    weights = weights_of(model, "transformer")
    blocks = Draw(seed=1, rank=3, dtype=torch.bfloat16).factors(
        weights, lambda layer: layer.startswith("transformer_blocks.0.ff.") or layer == "proj_out"
    )
    first, second = as_kohya(blocks, alpha=2.0), original_hunyuan15(model, Draw(seed=2, rank=2))
    merged = dict(weights)
    add_to(merged, first, 0.8)
    add_to(merged, in_diffusers_names(second, "hunyuan15"), -0.5)
    save_file(first, directory / "first.safetensors")
    save_file(second, directory / "second.safetensors")
    changed = {name: merged[name] for name in merged if merged[name] is not weights[name]}
    save_file(changed, directory / "expected.safetensors")


if __name__ == "__main__":
    main()
