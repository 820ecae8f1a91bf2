#!/usr/bin/env python3
"""One timed run of diffusers in bfloat16; writes times.json and tensors.safetensors.

usage: time_diffusers.py CHECKPOINT DEVICE CALL_JSON OUT
"""

import json
import sys
import time
from pathlib import Path
from typing import Any

import torch
from context import PROMPT  # finds the reference tools too

from diffusers import ClassifierFreeGuidance
from diffusers.pipelines.pipeline_utils import DiffusionPipeline
from hunyuan15.networks import set_glyph_projection_width
from safetensors.torch import load_file, save_file


def now(device: str) -> float:
    if device == "cuda":
        torch.cuda.synchronize()
    return time.monotonic()


def load(checkpoint: Path, device: str) -> Any:
    """The pipeline on the device; a glyph projection of another width than diffusers' own is rebuilt."""
    width = 0
    for path in (checkpoint / "transformer").glob("*.safetensors"):
        weights = load_file(path)
        width = max(width, weights.get("context_embedder_2.linear_1.weight", torch.empty(0)).shape[0])
    if width == 2048:
        return DiffusionPipeline.from_pretrained(checkpoint, torch_dtype=torch.bfloat16, local_files_only=True).to(device)
    from hunyuan15.run import load_transformer

    transformer = load_transformer(checkpoint / "transformer").to(torch.bfloat16)
    set_glyph_projection_width(transformer, width)
    return DiffusionPipeline.from_pretrained(checkpoint, transformer=transformer, torch_dtype=torch.bfloat16, local_files_only=True).to(device)


def main() -> None:
    checkpoint, device, call, out = Path(sys.argv[1]), sys.argv[2], json.loads(sys.argv[3]), Path(sys.argv[4])
    torch.set_grad_enabled(False)
    start = now(device)
    pipeline = load(checkpoint, device)
    load_seconds = now(device) - start
    pipeline.guider = ClassifierFreeGuidance(guidance_scale=6.0)
    pipeline.set_progress_bar_config(disable=True)
    ends: list[float] = []
    step, decode = pipeline.scheduler.step, pipeline.vae.decode
    decode_seconds: list[float] = []

    def timed_step(*args: Any, **kwargs: Any) -> Any:
        result = step(*args, **kwargs)
        ends.append(now(device))
        return result

    def timed_decode(*args: Any, **kwargs: Any) -> Any:
        began = now(device)
        result = decode(*args, **kwargs)
        decode_seconds.append(now(device) - began)
        return result

    pipeline.scheduler.step, pipeline.vae.decode = timed_step, timed_decode
    generator = torch.Generator("cpu").manual_seed(42)
    frames = pipeline(prompt=PROMPT, negative_prompt="blurry", generator=generator, output_type="np", **call).frames
    steps = sorted(after - before for before, after in zip(ends, ends[1:]))
    found = {"load_s": round(load_seconds, 2), "decode_s": round(sum(decode_seconds), 3)}
    if steps:
        found["step_s"] = round(steps[len(steps) // 2], 4)
    if device == "cuda":
        found["peak_GB"] = round(torch.cuda.max_memory_allocated() / 1e9, 2)
    save_file({"video": torch.from_numpy(frames[0].copy())}, out / "tensors.safetensors")
    (out / "times.json").write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main()
