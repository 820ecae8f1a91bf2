#!/usr/bin/env python3
"""Timed runs of diffusers in bfloat16; writes OUT/found.json after each, and OUT/tensors.safetensors of the first.

usage: time_diffusers.py CHECKPOINT DEVICE PLAN_JSON OUT
The plan: {"family", "runs": [{"variant", "call", "decodes", "counts_kernels"}], "gate": our tensors' file or ""}.
"""

import json
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from context import PROMPT  # finds the reference tools too

from diffusers import ClassifierFreeGuidance
from diffusers.pipelines.pipeline_utils import DiffusionPipeline
from diffusers_variants import variant
from hunyuan15.networks import set_glyph_projection_width
from safetensors import safe_open
from safetensors.torch import load_file, save_file

GUIDANCE = 6.0
SHOWN_KERNELS = 10
Tensors = dict[str, torch.Tensor]


def now(device: str) -> float:
    if device == "cuda":
        torch.cuda.synchronize()
    return time.monotonic()


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
    return DiffusionPipeline.from_pretrained(checkpoint, torch_dtype=torch.bfloat16, local_files_only=True, **given).to(device)


class Steps:
    """In the place of the pipeline's progress bar: told of every step's end, whatever the family."""

    def __init__(self, ended: Callable[[], None]) -> None:
        self.update = ended

    def __enter__(self) -> "Steps":
        return self

    def __exit__(self, *_: Any) -> None:
        pass


class Run:
    """One call of the pipeline: when its steps end, and what its transformer is given first."""

    def __init__(self, pipeline: Any, device: str, counts_kernels: bool) -> None:
        self.pipeline, self.device = pipeline, device
        self.ends: list[float] = []
        self.decode_seconds: list[float] = []
        self.first_calls: list[dict[str, Any]] = []
        self.first_velocity: torch.Tensor | None = None
        activities = [torch.profiler.ProfilerActivity.CUDA if device == "cuda" else torch.profiler.ProfilerActivity.CPU]
        self.profiler = torch.profiler.profile(activities=activities) if counts_kernels else None

    def step_ended(self) -> None:
        """The second step's kernels are counted."""
        self.ends.append(now(self.device))
        if self.profiler and len(self.ends) == 1:
            self.profiler.start()
        elif self.profiler and len(self.ends) == 2:
            self.profiler.stop()

    def __call__(self, call: dict[str, Any], decodes: bool) -> Any:
        scheduler, vae = self.pipeline.scheduler, self.pipeline.vae
        step, decode = scheduler.step, vae.decode

        def kept_step(velocity: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
            if self.first_velocity is None:
                self.first_velocity = velocity.float().cpu()
            return step(velocity, *args, **kwargs)

        def timed_decode(*args: Any, **kwargs: Any) -> Any:
            began = now(self.device)
            result = decode(*args, **kwargs)
            self.decode_seconds.append(now(self.device) - began)
            return result

        def keep(_: Any, __: Any, named: dict[str, Any]) -> None:
            if not self.ends:
                self.first_calls.append(dict(named))

        hook = self.pipeline.transformer.register_forward_pre_hook(keep, with_kwargs=True)
        vae.decode = timed_decode
        self.pipeline.progress_bar = lambda *_, **__: Steps(self.step_ended)
        if hasattr(self.pipeline, "guider"):  # LTX-2 copies its scheduler, with whatever is hung on it
            scheduler.step = kept_step
        try:
            generator = torch.Generator("cpu").manual_seed(42)
            kind = "np" if decodes else "latent"
            return self.pipeline(prompt=PROMPT, negative_prompt="blurry", generator=generator, output_type=kind, **call).frames
        finally:
            hook.remove()
            del vae.decode, self.pipeline.progress_bar
            vars(scheduler).pop("step", None)

    def row(self) -> dict[str, Any]:
        steps = sorted(after - before for before, after in zip(self.ends, self.ends[1:]))
        found: dict[str, Any] = {}
        if self.decode_seconds:
            found["decode_s"] = round(sum(self.decode_seconds), 3)
        if steps and not self.profiler:
            found["step_s"] = round(steps[len(steps) // 2], 4)
        if self.device == "cuda":
            found["peak_GB"] = round(torch.cuda.max_memory_allocated() / 1e9, 2)
        return found

    def kernels(self) -> list[dict[str, Any]]:
        if not self.profiler:
            return []
        own = "self_device_time_total" if self.device == "cuda" else "self_cpu_time_total"
        events = sorted(self.profiler.key_averages(), key=lambda event: -getattr(event, own))[:SHOWN_KERNELS]
        return [{"kernel": event.key[:100], "calls": event.count, "ms": round(getattr(event, own) / 1e3, 3)} for event in events]


def difference(got: torch.Tensor | None, want: torch.Tensor | None) -> dict[str, float]:
    """Of first steps, relative: a variant must not change the result. Nothing where they are not kept."""
    if got is None or want is None or got.shape != want.shape:
        return {}
    return {"first_step_difference": float((got - want).norm() / want.norm())}


def floats(value: Any) -> Any:
    return value.float() if isinstance(value, torch.Tensor) and value.is_floating_point() else value


def exact_velocity(pipeline: Any, calls: list[dict[str, Any]]) -> torch.Tensor:
    """The first step's guided velocity in float32, from the inputs of the bfloat16 run. The weights stay as they were rounded."""
    transformer = pipeline.transformer.to(torch.float32)
    with_text, without = (transformer(**{name: floats(value) for name, value in call.items()})[0] for call in calls)
    pipeline.transformer.to(torch.bfloat16)
    return (without + GUIDANCE * (with_text - without)).cpu()


def exact_video(pipeline: Any, latents: torch.Tensor, device: str) -> torch.Tensor:
    """[F, H, W, C] in 0..1 of these latents in float32."""
    vae = pipeline.vae.to(torch.float32)
    pixels = vae.decode(latents.to(device) / vae.config.scaling_factor, return_dict=False)[0]
    vae.to(torch.bfloat16)
    return (pixels[0].permute(1, 2, 3, 0) / 2 + 0.5).clamp(0, 1).cpu()


def gate(pipeline: Any, run: Run, ours: Tensors, device: str) -> dict[str, Any]:
    """How far both programs are from float32 in the first step, relative and squared, and our frames from a float32 decode."""
    exact = exact_velocity(pipeline, run.first_calls[:2])

    def distance(velocity: torch.Tensor) -> float:
        return float((velocity.float() - exact).norm() / exact.norm())

    assert run.first_velocity is not None
    error = (ours["video"].float() - exact_video(pipeline, ours["latents_final"].float(), device)).square().mean()
    return {
        "our_distance": distance(ours["noise_pred_0"]),
        "their_distance": distance(run.first_velocity),
        "decode_psnr_dB": float(-10 * torch.log10(error.clamp(min=1e-12))),
    }


def main() -> None:
    checkpoint, device, plan, out = Path(sys.argv[1]), sys.argv[2], json.loads(sys.argv[3]), Path(sys.argv[4])
    torch.set_grad_enabled(False)
    start = now(device)
    pipeline = load(checkpoint, device)
    found: dict[str, Any] = {"load_s": round(now(device) - start, 2), "rows": [], "kernels": []}
    if plan["family"] == "hunyuan15":
        pipeline.guider = ClassifierFreeGuidance(guidance_scale=GUIDANCE)
    pipeline.set_progress_bar_config(disable=True)
    shipped: torch.Tensor | None = None
    for index, wanted in enumerate(plan["runs"]):
        call = wanted["call"]
        row: dict[str, Any] = {"program": f"diffusers, {wanted['variant']}", "size": f"{call['width']}x{call['height']}x{call['num_frames']}"}
        if device == "cuda":
            torch.cuda.reset_peak_memory_stats()
        run = Run(pipeline, device, wanted.get("counts_kernels", False))
        try:
            with variant(pipeline, plan["family"], wanted["variant"]):
                frames = run(call, wanted["decodes"])
            row |= run.row() | difference(run.first_velocity, shipped)
            shipped = run.first_velocity if index == 0 else shipped
            found["kernels"] += [{"program": row["program"], **kernel} for kernel in run.kernels()]
            if index == 0 and wanted["decodes"]:
                save_file({"video": torch.from_numpy(frames[0].copy())}, out / "tensors.safetensors")
        except Exception as error:  # the other runs go on
            traceback.print_exc()
            row["failed"] = f"{type(error).__name__}: {error}"[:200]
        if "step_s" in row or "failed" in row:
            found["rows"].append(row)
        if index == 0 and plan["gate"] and "failed" not in row:
            try:
                found["gate"] = gate(pipeline, run, load_file(plan["gate"]), device)
            except Exception as error:  # likewise
                traceback.print_exc()
                found["gate_failed"] = f"{type(error).__name__}: {error}"[:200]
        (out / "found.json").write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main()
