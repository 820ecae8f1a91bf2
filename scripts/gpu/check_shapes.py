#!/usr/bin/env python3
"""Compares the shapes that full_checkpoint.py writes with the committed checkpoint and, where it is installed, with diffusers."""

import struct
import sys
import json
from typing import Any

from checkpoint_families import FAMILIES, Family
from shapes import Shapes

# Parts of a published text encoder that look at pictures.
NOT_LOADED = ("vision_tower.", "multi_modal_projector.")


def stored_shapes(family: Family, component: str) -> Shapes:
    found: Shapes = {}
    for path in sorted((family.fixture / component).glob("*.safetensors")):
        with path.open("rb") as file:
            header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
        found |= {name: tuple(entry["shape"]) for name, entry in header.items() if name != "__metadata__"}
    return found


def reference_shapes(name: str) -> dict[str, Shapes]:
    """Of diffusers' and transformers' own classes at the published sizes, without weights."""
    import diffusers
    import torch
    import transformers

    found = FAMILIES[name].configs("full", None, None)
    with torch.device("meta"):
        if name == "hunyuan15":
            from transformers.models.qwen2_5_vl.configuration_qwen2_5_vl import Qwen2_5_VLTextConfig

            modules = {
                "transformer": diffusers.HunyuanVideo15Transformer3DModel.from_config(found["transformer"]),
                "vae": diffusers.AutoencoderKLHunyuanVideo15.from_config(found["vae"]),
                "text_encoder": transformers.Qwen2_5_VLTextModel(Qwen2_5_VLTextConfig(**found["text_encoder"])),
                "text_encoder_2": transformers.T5EncoderModel(transformers.T5Config(**found["text_encoder_2"])),
            }
        else:
            from diffusers.pipelines.ltx2 import LTX2TextConnectors, LTX2Vocoder

            modules = {
                "transformer": diffusers.LTX2VideoTransformer3DModel.from_config(found["transformer"]),
                "connectors": LTX2TextConnectors.from_config(found["connectors"]),
                "vae": diffusers.AutoencoderKLLTX2Video.from_config(found["vae"]),
                "audio_vae": diffusers.AutoencoderKLLTX2Audio.from_config(found["audio_vae"]),
                "vocoder": LTX2Vocoder.from_config(found["vocoder"]),
            }
    return {part: stored_by(module) for part, module in modules.items()}


def stored_by(module: Any) -> Shapes:
    """Its parameters, tied ones once, and the buffers that are saved with them."""
    kept = module.state_dict()
    buffers = {key: value for key, value in module.named_buffers() if key in kept}
    return {key: tuple(value.shape) for key, value in [*module.named_parameters(), *buffers.items()]}


def differences(name: str, got: Shapes, want: Shapes) -> list[str]:
    keys = sorted(got.keys() | want.keys())
    return [f"{name}.{key}: {got.get(key)}, not {want.get(key)}" for key in keys if got.get(key) != want.get(key)]


def check(name: str, family: Family) -> tuple[list[str], int]:
    """The faults of one family, and how many comparisons there were."""
    faults, checks = [], 0
    tiny, full = family.configs("tiny", None, None), family.configs("full", None, None)
    for component in family.components:
        stored = {key: shape for key, shape in stored_shapes(family, component).items() if not key.startswith(NOT_LOADED)}
        faults += differences(component, family.shapes(component, tiny[component], "tiny"), stored)
        checks += 1
    try:
        reference = reference_shapes(name)
    except ImportError as missing:
        print(f"skipped: {missing}")
        reference = {}
    for component, want in reference.items():
        faults += differences(component, family.shapes(component, full[component], "full"), want)
        checks += 1
    return faults, checks


def main() -> int:
    faults: list[str] = []
    checks = 0
    for name, family in FAMILIES.items():
        found, done = check(name, family)
        faults += found
        checks += done
    for fault in faults[:20]:
        print(f"FAILED: {fault}")
    print(f"{checks - min(checks, len(faults))} passed, {len(faults)} failed")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
