#!/usr/bin/env python3
"""Compares the shapes that full_checkpoint.py writes with the committed checkpoint and, where it is installed, with diffusers."""

import struct
import sys
import json

from full_checkpoint import COMPONENTS, FIXTURE, component_shapes, configs
from shapes import Shapes


def stored_shapes(component: str) -> Shapes:
    found: Shapes = {}
    for path in sorted((FIXTURE / component).glob("*.safetensors")):
        with path.open("rb") as file:
            header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
        found |= {name: tuple(entry["shape"]) for name, entry in header.items() if name != "__metadata__"}
    return found


def reference_shapes() -> dict[str, Shapes]:
    """Of diffusers' and transformers' own classes at the published sizes, without weights."""
    import diffusers
    import torch
    import transformers
    from transformers.models.qwen2_5_vl.configuration_qwen2_5_vl import Qwen2_5_VLTextConfig

    found = configs("full", None)
    with torch.device("meta"):
        modules = {
            "transformer": diffusers.HunyuanVideo15Transformer3DModel.from_config(found["transformer"]),
            "vae": diffusers.AutoencoderKLHunyuanVideo15.from_config(found["vae"]),
            "text_encoder": transformers.Qwen2_5_VLTextModel(Qwen2_5_VLTextConfig(**found["text_encoder"])),
            "text_encoder_2": transformers.T5EncoderModel(transformers.T5Config(**found["text_encoder_2"])),
        }
    return {
        name: {key: tuple(value.shape) for key, value in module.named_parameters()}
        for name, module in modules.items()
    }


def differences(name: str, got: Shapes, want: Shapes) -> list[str]:
    keys = sorted(got.keys() | want.keys())
    return [f"{name}.{key}: {got.get(key)}, not {want.get(key)}" for key in keys if got.get(key) != want.get(key)]


def main() -> int:
    faults, checks = [], 0
    tiny, full = configs("tiny", None), configs("full", None)
    for component in COMPONENTS:
        faults += differences(component, component_shapes(component, tiny[component], "tiny"), stored_shapes(component))
        checks += 1
    try:
        reference = reference_shapes()
    except ImportError as missing:
        print(f"skipped: {missing}")
        reference = {}
    for component, want in reference.items():
        faults += differences(component, component_shapes(component, full[component], "full"), want)
        checks += 1
    for fault in faults[:20]:
        print(f"FAILED: {fault}")
    print(f"{checks - min(checks, len(faults))} passed, {len(faults)} failed")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
