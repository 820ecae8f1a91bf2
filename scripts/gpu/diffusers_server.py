#!/usr/bin/env python3
"""Runs diffusers in bfloat16 as it is told: one JSON request a line on stdin, one JSON answer a line on stdout.

usage: diffusers_server.py CHECKPOINT DEVICE FAMILY
{"run": {"variant", "call", "decodes", "counts_kernels"}}  times one call: {"steps_s", "decode_s", "kernels", ...}
{"gate": {"call", "tensors": {PROGRAM: FILE}}}              compares those with what was run: {"first_step", "decode", "run"}
Its first answer, {"load_s"}, comes unasked. {"failed"} is the answer to what could not be done.
"""

import json
import os
import sys
import traceback
from pathlib import Path
from typing import Any

import torch
from context import PROMPT  # finds the reference tools too

from diffusers import ClassifierFreeGuidance
from diffusers.pipelines.pipeline_utils import DiffusionPipeline
from diffusers_gate import decode_rows, distance, first_step_rows, run_rows
from diffusers_run import Run, Tensors, exact_velocities, now
from diffusers_variants import variant
from hunyuan15.networks import set_glyph_projection_width
from safetensors import safe_open
from safetensors.torch import load_file

PROMPTS = {"prompt": PROMPT, "negative_prompt": "blurry"}
GUIDANCE = 6.0


def glyph_width(checkpoint: Path) -> int:
    for path in (checkpoint / "transformer").glob("*.safetensors"):
        with safe_open(path, "pt") as file:
            if "context_embedder_2.linear_1.weight" in file.keys():
                return file.get_slice("context_embedder_2.linear_1.weight").get_shape()[0]
    return 0


def load(checkpoint: Path, device: str) -> Any:
    """The pipeline on the device; a glyph projection of another width than diffusers' own is rebuilt."""
    width = glyph_width(checkpoint)
    given: dict[str, Any] = {}
    if width not in (0, 2048):
        from hunyuan15.run import load_transformer

        given["transformer"] = load_transformer(checkpoint / "transformer").to(torch.bfloat16)
        set_glyph_projection_width(given["transformer"], width)
    pipeline = DiffusionPipeline.from_pretrained(checkpoint, torch_dtype=torch.bfloat16, local_files_only=True, **given).to(device)
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


class Session:
    def __init__(self, checkpoint: Path, device: str, family: str) -> None:
        self.device, self.family = device, family
        self.pipeline = load(checkpoint, device)
        if family == "hunyuan15":
            self.pipeline.guider = ClassifierFreeGuidance(guidance_scale=GUIDANCE)
        # By variant, of its first run.
        self.velocities: dict[str, Tensors] = {}
        self.videos: Tensors = {}

    def run(self, variant_name: str, call: dict[str, Any], decodes: bool, counts_kernels: bool) -> dict[str, Any]:
        if self.device == "cuda":
            torch.cuda.reset_peak_memory_stats()
        run = Run(self.pipeline, self.family, self.device, counts_kernels)
        with variant(self.pipeline, self.family, variant_name):
            video = run(PROMPTS, call, decodes)
        self.velocities.setdefault(variant_name, run.velocities)
        if video is not None:
            self.videos.setdefault(variant_name, video)
        found = run.row() | {"kernels": run.kernels()}
        shipped, own = (kept.get("noise_pred_0") for kept in (self.velocities.get("shipped", {}), run.velocities))
        if shipped is not None and own is not None and shipped.shape == own.shape:
            found["first_step_difference"] = distance(own, shipped)  # a variant must not change the result
        return found

    def gate(self, call: dict[str, Any], tensors: dict[str, str]) -> dict[str, Any]:
        exact = exact_velocities(self.pipeline, self.family, self.device, PROMPTS, call)
        found: dict[str, Any] = {"first_step": [], "decode": [], "run": []}
        for program, path in tensors.items():
            ours = load_file(path)
            found["first_step"] += first_step_rows(program, ours, self.velocities["shipped"], exact)
            found["run"] += run_rows(program, ours, self.videos)
            found["decode"] += decode_rows(self.pipeline, self.family, program, ours, self.device)
        return found

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        try:
            if "run" in request:
                wanted = request["run"]
                return self.run(wanted["variant"], wanted["call"], wanted["decodes"], wanted["counts_kernels"])
            return self.gate(**request["gate"])
        except Exception as error:  # the next request may be possible
            traceback.print_exc()
            return {"failed": f"{type(error).__name__}: {error}"[:300]}
        finally:
            if self.device == "cuda":
                torch.cuda.empty_cache()


def main() -> None:
    checkpoint, device, family = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
    # Whatever the libraries print goes to stderr.
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    torch.set_grad_enabled(False)
    # What float32 is compared with must be float32.
    torch.backends.cudnn.allow_tf32 = False
    began = now(device)
    session = Session(checkpoint, device, family)
    print(json.dumps({"load_s": round(now(device) - began, 2)}), file=answers)
    for line in sys.stdin:
        print(json.dumps(session.answer(json.loads(line))), file=answers)


if __name__ == "__main__":
    main()
