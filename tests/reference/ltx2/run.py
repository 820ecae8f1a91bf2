"""Loads a saved LTX-2 pipeline and runs it: plainly, recorded by stage, tiled, and in float64."""

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from diffusers import LTX2ConditionPipeline, LTX2ImageToVideoPipeline, LTX2Pipeline
from diffusers.pipelines.ltx2.pipeline_ltx2_condition import LTX2VideoCondition
from diffusers.pipelines.pipeline_utils import DiffusionPipeline
from PIL import Image

from ltx2.networks import Pipeline
from ltx2.record import (
    LatentShapes,
    TransformerTrace,
    record_decoding,
    record_picture,
    record_sampling,
    record_text,
)
from ltx2.spec import Call
from recorder import Tensors, recording

NOT_ARGUMENTS = {"seed", "picture_size", "conditions", "tiling"}


def load_pipeline(directory: Path) -> Pipeline:
    """The saved pipeline on the CPU in float32."""
    pipeline = DiffusionPipeline.from_pretrained(
        directory, torch_dtype=torch.float32, local_files_only=True
    )
    assert isinstance(pipeline, LTX2Pipeline | LTX2ImageToVideoPipeline | LTX2ConditionPipeline)
    for module in pipeline.components.values():
        if isinstance(module, torch.nn.Module):
            assert all(p.dtype == torch.float32 for p in module.parameters()), type(module)
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def _arguments(call: Call, image: Image.Image | None) -> dict[str, Any]:
    arguments = {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in dataclasses.asdict(call).items()
        if name not in NOT_ARGUMENTS
    }
    # Re-compression with a video codec is not the networks' business, and its result is the codec's.
    if call.conditions:
        assert image is not None
        return arguments | {
            "conditions": [
                LTX2VideoCondition(frames=image, index=index, strength=strength, crf=0)
                for index, strength in call.conditions
            ]
        }
    return arguments | ({"image": image, "image_crf": 0} if image else {})


def call_pipeline(
    pipeline: Pipeline, call: Call, image: Image.Image | None, **extra: Any
) -> tuple[torch.Tensor, torch.Tensor]:
    """Runs the pipeline; returns the video [F, H, W, C] float32 in [0, 1] and the sound
    [channels, samples]."""
    result = pipeline(
        **_arguments(call, image),
        generator=torch.Generator("cpu").manual_seed(call.seed),
        output_type="np",
        **extra,
    )
    return torch.from_numpy(result.frames[0].copy()), result.audio[0].clone()


def latents_of(
    pipeline: Pipeline, call: Call, image: Image.Image | None
) -> tuple[torch.Tensor, torch.Tensor]:
    """What a first stage hands to the second: latents in the autoencoders' spaces."""
    return pipeline(
        **_arguments(call, image),
        generator=torch.Generator("cpu").manual_seed(call.seed),
        output_type="latent",
        return_dict=False,
    )


@contextmanager
def first_inputs(pipeline: Pipeline, shapes: LatentShapes, out: Tensors) -> Iterator[None]:
    """Stores what the transformer is given first."""

    def store(_: tuple, kwargs: dict[str, Any]) -> None:
        if "latents_initial" not in out:
            out["latents_initial"] = shapes.video(kwargs["hidden_states"][-1:])
            out["audio_latents_initial"] = shapes.audio(kwargs["audio_hidden_states"][-1:])

    with recording({}) as recorder:
        recorder.before(pipeline.transformer, store)
        yield


def _enable_tiling(pipeline: Pipeline, call: Call) -> None:
    pipeline.vae.enable_tiling(**call.tiling.as_enable_tiling_arguments())
    pipeline.vae.use_framewise_decoding = call.tiling.framewise


def _disable_tiling(pipeline: Pipeline) -> None:
    pipeline.vae.use_tiling = pipeline.vae.use_framewise_decoding = False


def _run(pipeline: Pipeline, call: Call, image: Image.Image | None) -> Tensors:
    """One recorded run with the autoencoder as it is set."""
    out: Tensors = {}
    finals: Tensors = {}
    shapes = LatentShapes(pipeline, call)

    def keep_finals(_: Any, __: int, ___: Any, values: Tensors) -> dict[str, Any]:
        finals["latents_final"] = shapes.video(values["latents"])
        finals["audio_latents_final"] = shapes.audio(values["audio_latents"])
        return {}

    with recording(out) as recorder:
        record_text(recorder, pipeline, call)
        TransformerTrace(pipeline, call, shapes, out).attach(recorder)
        record_sampling(recorder, pipeline, shapes)
        record_decoding(recorder, pipeline)
        if image is not None:
            record_picture(recorder, pipeline)
        pipeline._callback_tensor_inputs = ["latents", "audio_latents"]
        out["video"], out["audio"] = call_pipeline(
            pipeline,
            call,
            image,
            callback_on_step_end=keep_finals,
            callback_on_step_end_tensor_inputs=["latents", "audio_latents"],
        )
    return out | finals


def run_recorded(pipeline: Pipeline, call: Call, image: Image.Image | None) -> Tensors:
    """Everything one untiled run computes, by name."""
    _disable_tiling(pipeline)
    return _run(pipeline, call, image)


def run_tiled(pipeline: Pipeline, call: Call, image: Image.Image | None) -> Tensors:
    """What tiling changes: the video and, with a picture, everything after its encoding."""
    _enable_tiling(pipeline, call)
    tiled = _run(pipeline, call, image)
    _disable_tiling(pipeline)
    names = ["video"]
    if image is not None:
        names += [
            *["cond_latents", "latents_initial", "noise_pred_0", "audio_noise_pred_0"],
            *["latents_final", "audio_latents_final", "audio"],
        ]
    return {f"{name}_tiled": tiled[name] for name in names}


def run_double(
    pipeline: Pipeline, call: Call, image: Image.Image | None
) -> tuple[torch.Tensor, torch.Tensor]:
    """Video and sound with the networks in float64; leaves the pipeline in float32."""
    modules = [m for m in pipeline.components.values() if isinstance(m, torch.nn.Module)]
    for module in modules:
        module.to(torch.float64)
    results = call_pipeline(pipeline, call, image)
    for module in modules:
        module.to(torch.float32)
    return results
