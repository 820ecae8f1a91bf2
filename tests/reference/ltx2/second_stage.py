"""The second of two stages: the first one's latents, enlarged by an upsampler and refined with some
noise."""

import dataclasses
from pathlib import Path

import torch
from diffusers.pipelines.ltx2 import LTX2LatentUpsamplePipeline, LTX2LatentUpsamplerModel
from PIL import Image

from ltx2.networks import Pipeline
from ltx2.record import LatentShapes
from ltx2.spec import Call, CaseSpec, SecondStage
from random_weights import randomize
from recorder import Tensors

FOLDER = "latent_upsampler"


def save_upsampler(spec: CaseSpec, directory: Path) -> None:
    """A random upsampler of the case's second stage beside the pipeline's parts."""
    if spec.second_stage is None:
        return
    storage = spec.storage_of(FOLDER)
    model = LTX2LatentUpsamplerModel(
        in_channels=spec.vae.latent_channels,
        mid_channels=32,
        num_blocks_per_stage=1,
        rational_spatial_scale=spec.second_stage.scale,
        use_rational_resampler=spec.second_stage.use_rational_resampler,
    ).eval()
    randomize(model, 1000 * spec.weight_seed + 900, {}, getattr(torch, storage.dtype))
    model.to(getattr(torch, storage.dtype))
    model.save_pretrained(directory / FOLDER, max_shard_size=storage.max_shard_size)


def second_call(first: Call, stage: SecondStage) -> Call:
    """The arguments of the second stage, as flags name them."""
    return dataclasses.replace(
        first,
        height=int(first.height * stage.scale),
        width=int(first.width * stage.scale),
        sigmas=stage.sigmas,
        num_inference_steps=len(stage.sigmas),
        guidance_scale=1.0,
        audio_guidance_scale=1.0,
        stg_scale=0.0,
        audio_stg_scale=0.0,
        modality_scale=1.0,
        audio_modality_scale=1.0,
        guidance_rescale=0.0,
        audio_guidance_rescale=0.0,
        tiling=None,
    )


def run_second_stage(
    pipeline: Pipeline, spec: CaseSpec, folder: Path, image: Image.Image | None
) -> Tensors:
    """Both stages anew; of the second one its beginning and its results, named second_*."""
    from ltx2.run import call_pipeline, first_inputs, latents_of

    stage = spec.second_stage
    assert stage is not None
    upsampler = LTX2LatentUpsamplerModel.from_pretrained(folder, torch_dtype=torch.float32)
    upsample = LTX2LatentUpsamplePipeline(vae=pipeline.vae, latent_upsampler=upsampler.eval())
    upsample.set_progress_bar_config(disable=True)
    video, audio = latents_of(pipeline, spec.call, image)
    enlarged = upsample(
        latents=video,
        height=spec.call.height,
        width=spec.call.width,
        adain_factor=stage.adain_factor,
        tone_map_compression_ratio=stage.tone_map_compression_ratio,
        output_type="latent",
        return_dict=False,
    )[0]
    call = second_call(spec.call, stage)
    given = {"latents": enlarged, "audio_latents": audio, "noise_scale": stage.noise_scale}
    out: Tensors = {}
    with first_inputs(pipeline, LatentShapes(pipeline, call), out):
        out["video"], out["audio"] = call_pipeline(pipeline, call, image, **given)
    return {f"second_{name}": tensor for name, tensor in out.items()}
