"""One call of a diffusers pipeline: when its steps end, what it predicts in the first of them, and how long it decodes."""

import copy
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import torch

Pipeline = Any
Tensors = dict[str, torch.Tensor]
# In the order in which a step takes them.
STREAMS = {"hunyuan15": ["noise_pred_0"], "ltx2": ["noise_pred_0", "audio_noise_pred_0"]}
SHOWN_KERNELS = 10


class FirstStepEnded(Exception):
    """Nothing after it is wanted."""


def now(device: str) -> float:
    if device == "cuda":
        torch.cuda.synchronize()
    return time.monotonic()


class Steps:
    """In the place of the pipeline's progress bar: told of every step's end, whatever the family."""

    def __init__(self, ended: Callable[[], None]) -> None:
        self.update = ended

    def __enter__(self) -> "Steps":
        return self

    def __exit__(self, *_: Any) -> None:
        pass


@contextmanager
def replaced(owner: Any, name: str, value: Any) -> Iterator[None]:
    """An attribute of a class or an object, until the end."""
    own = name in vars(owner)
    before = vars(owner).get(name)
    setattr(owner, name, value)
    try:
        yield
    finally:
        setattr(owner, name, before) if own else delattr(owner, name)


def as_latents(pipeline: Pipeline, stream: str, tokens: torch.Tensor, call: dict[str, Any]) -> torch.Tensor:
    """As the program under test stores them: a video's [B, C, T, H, W], a sound's [B, C, L, M]."""
    if tokens.ndim > 3:
        return tokens
    if stream.startswith("audio"):
        mel = pipeline.audio_vae.config.mel_bins // pipeline.audio_vae_mel_compression_ratio
        return pipeline._unpack_audio_latents(tokens, tokens.shape[1], num_mel_bins=mel)
    frames = (call["num_frames"] - 1) // pipeline.vae_temporal_compression_ratio + 1
    rows, columns = (call[side] // pipeline.vae_spatial_compression_ratio for side in ("height", "width"))
    return pipeline._unpack_latents(tokens, frames, rows, columns, pipeline.transformer_spatial_patch_size, pipeline.transformer_temporal_patch_size)


class Run:
    def __init__(self, pipeline: Pipeline, family: str, device: str, counts_kernels: bool = False, only_first_step: bool = False) -> None:
        self.pipeline, self.device = pipeline, device
        self.streams, self.only_first_step = STREAMS[family], only_first_step
        self.ends: list[float] = []
        self.decode_seconds: list[float] = []
        self.velocities: Tensors = {}
        activities = [torch.profiler.ProfilerActivity.CUDA if device == "cuda" else torch.profiler.ProfilerActivity.CPU]
        self.profiler = torch.profiler.profile(activities=activities) if counts_kernels else None

    def __call__(self, prompts: dict[str, Any], call: dict[str, Any], decodes: bool) -> torch.Tensor | None:
        """The video [F, H, W, C] in 0..1 if it `decodes`."""
        scheduler, vae = type(self.pipeline.scheduler), self.pipeline.vae
        step, decode = scheduler.step, vae.decode

        # The class's own: LTX-2 copies its scheduler for the sound, with whatever is hung on the object.
        def kept_step(own: Any, velocity: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
            if len(self.velocities) < len(self.streams):
                stream = self.streams[len(self.velocities)]
                self.velocities[stream] = as_latents(self.pipeline, stream, velocity, call).float().cpu()
                if self.only_first_step and len(self.velocities) == len(self.streams):
                    raise FirstStepEnded
            return step(own, velocity, *args, **kwargs)

        def timed_decode(*args: Any, **kwargs: Any) -> Any:
            began = now(self.device)
            result = decode(*args, **kwargs)
            self.decode_seconds.append(now(self.device) - began)
            return result

        with ExitStack() as undo:
            undo.enter_context(replaced(scheduler, "step", kept_step))
            undo.enter_context(replaced(vae, "decode", timed_decode))
            undo.enter_context(replaced(self.pipeline, "progress_bar", lambda *_, **__: Steps(self.step_ended)))
            generator = torch.Generator("cpu").manual_seed(42)
            frames = self.pipeline(**prompts, generator=generator, output_type="np" if decodes else "latent", **call).frames
        return torch.from_numpy(frames[0].copy()) if decodes else None

    def step_ended(self) -> None:
        """The second step's kernels are counted."""
        self.ends.append(now(self.device))
        if self.profiler and len(self.ends) == 1:
            self.profiler.start()
        elif self.profiler and len(self.ends) == 2:
            self.profiler.stop()

    def row(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        if self.decode_seconds:
            found["decode_s"] = round(sum(self.decode_seconds), 3)
        if not self.profiler:
            found["steps_s"] = [round(after - before, 5) for before, after in zip(self.ends, self.ends[1:])]
        if self.device == "cuda":
            found["peak_allocated_GB"] = round(torch.cuda.max_memory_allocated() / 1e9, 2)
        return found

    def kernels(self) -> list[dict[str, Any]]:
        if not self.profiler:
            return []
        own = "self_device_time_total" if self.device == "cuda" else "self_cpu_time_total"
        events = sorted(self.profiler.key_averages(), key=lambda event: -getattr(event, own))[:SHOWN_KERNELS]
        return [{"kernel": event.key[:100], "calls": event.count, "ms": round(getattr(event, own) / 1e3, 3)} for event in events]


def floats(value: Any) -> Any:
    return value.float() if isinstance(value, torch.Tensor) and value.is_floating_point() else value


def exact_velocities(pipeline: Pipeline, family: str, device: str, prompts: dict[str, Any], call: dict[str, Any]) -> Tensors:
    """The first step's guided velocities in float32, from the very inputs of the bfloat16 run. Weights stay as they were rounded."""
    transformer = copy.deepcopy(pipeline.transformer).to(torch.float32)

    def forward(*args: Any, **kwargs: Any) -> Any:
        return transformer(*map(floats, args), **{name: floats(value) for name, value in kwargs.items()})

    run = Run(pipeline, family, device, only_first_step=True)
    with replaced(pipeline.transformer, "forward", forward):
        try:
            run(prompts, call, False)
        except FirstStepEnded:
            pass
    return run.velocities
