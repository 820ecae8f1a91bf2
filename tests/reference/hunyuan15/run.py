"""Loads a saved pipeline and runs it: plainly, recorded by stage, tiled, and in float64."""

from pathlib import Path
from typing import Any

import torch
from diffusers import (
    ClassifierFreeGuidance,
    HunyuanVideo15ImageToVideoPipeline,
    HunyuanVideo15Pipeline,
    HunyuanVideo15Transformer3DModel,
)
from diffusers.pipelines.pipeline_utils import DiffusionPipeline
from PIL import Image
from safetensors.torch import load_file

from hunyuan15.networks import Pipeline, set_glyph_projection_width
from hunyuan15.record import (
    TransformerTrace,
    record_picture,
    record_sampling,
    record_text_ids,
)
from hunyuan15.spec import Call
from recorder import Tensors, recording


def load_transformer(directory: Path) -> HunyuanVideo15Transformer3DModel:
    """The transformer in float32, with the glyph projection's width taken from the file."""
    model = HunyuanVideo15Transformer3DModel.from_config(
        HunyuanVideo15Transformer3DModel.load_config(directory)
    )
    weights: Tensors = {}
    for path in sorted(directory.glob("*.safetensors")):
        weights |= load_file(path)
    set_glyph_projection_width(model, weights["context_embedder_2.linear_1.weight"].shape[0])
    model.load_state_dict(weights)
    return model.to(torch.float32).eval()


def load_pipeline(directory: Path) -> Pipeline:
    """The saved pipeline on the CPU in float32."""
    pipeline = DiffusionPipeline.from_pretrained(
        directory,
        transformer=load_transformer(directory / "transformer"),
        torch_dtype=torch.float32,
        local_files_only=True,
    )
    assert isinstance(pipeline, HunyuanVideo15Pipeline | HunyuanVideo15ImageToVideoPipeline)
    for module in pipeline.components.values():
        if isinstance(module, torch.nn.Module):
            assert all(p.dtype == torch.float32 for p in module.parameters()), type(module)
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def call_pipeline(
    pipeline: Pipeline, call: Call, image: Image.Image | None, **extra: Any
) -> torch.Tensor:
    """Runs the pipeline; returns the video [F, H, W, C] float32 in [0, 1]."""
    pipeline.guider = ClassifierFreeGuidance(guidance_scale=call.guidance_scale)
    arguments: dict[str, Any] = (
        {"image": image} if image else {"height": call.height, "width": call.width}
    )
    frames = pipeline(
        prompt=call.prompt,
        negative_prompt=call.negative_prompt,
        num_frames=call.num_frames,
        num_inference_steps=call.num_inference_steps,
        generator=torch.Generator("cpu").manual_seed(call.seed),
        output_type="np",
        **arguments,
        **extra,
    ).frames
    return torch.from_numpy(frames[0].copy())


def run_recorded(pipeline: Pipeline, call: Call, image: Image.Image | None) -> Tensors:
    """Everything one untiled run computes, by name; text streams hold valid tokens only."""
    out: Tensors = {}
    pipeline.vae.use_tiling = False
    pipeline.guider = ClassifierFreeGuidance(guidance_scale=call.guidance_scale)
    with recording(out) as recorder:
        record_text_ids(recorder, pipeline)
        TransformerTrace(pipeline, out).attach(recorder)
        record_sampling(recorder, pipeline)
        recorder.keep(pipeline.vae.decoder.mid_block, "vae_decoder_mid")
        if image is not None:
            record_picture(recorder, pipeline)
        out["video"] = call_pipeline(pipeline, call, image)
    return out


def run_tiled(
    pipeline: Pipeline, call: Call, image: Image.Image | None, untiled: Tensors
) -> Tensors:
    """The tiled decode of the untiled run's latents and, where a picture is encoded in tiles too,
    the whole tiled run."""
    ratio = pipeline.vae.config.spatial_compression_ratio
    pipeline.vae.enable_tiling(**call.tiling.as_enable_tiling_arguments(ratio))
    latents = untiled["latents_final"] / pipeline.vae.config.scaling_factor
    decoded = pipeline.vae.decode(latents, return_dict=False)[0]
    video = torch.from_numpy(
        pipeline.video_processor.postprocess_video(decoded, output_type="np")[0].copy()
    )
    out = {"video_tiled_decode_only": video}
    if image is not None:
        recorded: Tensors = {}
        with recording(recorded) as recorder:
            TransformerTrace(pipeline, recorded).attach(recorder)
            record_sampling(recorder, pipeline)
            out["video_tiled"] = call_pipeline(pipeline, call, image)
        out |= {
            f"{name}_tiled": recorded[name]
            for name in ["cond_latents", "noise_pred_0", "latents_final"]
        }
    pipeline.vae.use_tiling = False
    return out


def run_double(
    pipeline: Pipeline, call: Call, image: Image.Image | None, latents: torch.Tensor
) -> torch.Tensor:
    """The video in float64 from the same noise; leaves the pipeline in float32."""
    modules = [m for m in pipeline.components.values() if isinstance(m, torch.nn.Module)]
    for module in modules:
        module.to(torch.float64)
    video = call_pipeline(pipeline, call, image, latents=latents.double())
    for module in modules:
        module.to(torch.float32)
    return video
