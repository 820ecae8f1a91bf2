"""Loads a saved pipeline, runs it as diffusers would, and records what every stage computed."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy
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

from hunyuan15.checkpoint import Pipeline, set_glyph_projection_width
from hunyuan15.spec import Call

Tensors = dict[str, torch.Tensor]


def load_transformer(directory: Path) -> HunyuanVideo15Transformer3DModel:
    """The transformer in float32, with the glyph projection's width taken from the file."""
    model = HunyuanVideo15Transformer3DModel.from_config(HunyuanVideo15Transformer3DModel.load_config(directory))
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


def call_pipeline(pipeline: Pipeline, call: Call, image: Image.Image | None, **extra: Any) -> torch.Tensor:
    """Runs the pipeline; returns the video [F, H, W, C] float32 in [0, 1]."""
    pipeline.guider = ClassifierFreeGuidance(guidance_scale=call.guidance_scale)
    arguments: dict[str, Any] = {"image": image} if image else {"height": call.height, "width": call.width}
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


class _Recorder:
    """Hooks and wrappers on one pipeline; undone by `close`."""

    def __init__(self) -> None:
        self._undo: list[Callable[[], None]] = []

    def before(self, module: torch.nn.Module, function: Callable[[dict[str, Any], tuple], None]) -> None:
        handle = module.register_forward_pre_hook(lambda _, args, kwargs: function(kwargs, args), with_kwargs=True)
        self._undo.append(handle.remove)

    def after(self, module: torch.nn.Module, function: Callable[[Any], None]) -> None:
        self._undo.append(module.register_forward_hook(lambda _, __, output: function(output)).remove)

    def wrap(self, owner: Any, name: str, function: Callable[..., None]) -> None:
        """Calls `function(result, *args)` after each call of the method `name`."""
        original = getattr(owner, name)

        def wrapper(*args: Any, **kwargs: Any) -> Any:
            result = original(*args, **kwargs)
            function(result, *args)
            return result

        setattr(owner, name, wrapper)
        self._undo.append(lambda: delattr(owner, name))

    def close(self) -> None:
        for undo in self._undo:
            undo()


@contextmanager
def _recorder() -> Iterator[_Recorder]:
    recorder = _Recorder()
    try:
        yield recorder
    finally:
        recorder.close()


def _valid(embeds: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    return embeds[mask.bool()][None]


def _record_text_ids(recorder: _Recorder, pipeline: Pipeline, out: Tensors) -> None:
    names = {
        "text_encoder": iter(["input_ids", "negative_input_ids"]),
        "text_encoder_2": iter(["input_ids_2", "negative_input_ids_2"]),
    }

    def store(component: str, kwargs: dict[str, Any]) -> None:
        out[next(names[component])] = _valid(kwargs["input_ids"], kwargs["attention_mask"])

    recorder.before(pipeline.text_encoder, lambda kwargs, _: store("text_encoder", kwargs))
    recorder.before(pipeline.text_encoder_2, lambda kwargs, _: store("text_encoder_2", kwargs))


def _record_transformer(recorder: _Recorder, pipeline: Pipeline, out: Tensors) -> None:
    """Inputs of the first forward of each branch, every stage of the very first, and outputs of both."""
    transformer, calls = pipeline.transformer, []
    branches = ["", "negative_"] if pipeline.guider.num_conditions > 1 else [""]
    channels = transformer.config.out_channels

    def inputs(kwargs: dict[str, Any], _: tuple) -> None:
        calls.append(None)
        if len(calls) > len(branches):
            return
        prefix = branches[len(calls) - 1]
        for suffix in ["", "_2"]:
            mask = kwargs[f"encoder_attention_mask{suffix}"]
            out[f"{prefix}prompt_embeds{suffix}"] = _valid(kwargs[f"encoder_hidden_states{suffix}"], mask)
            out[f"{prefix}prompt_embeds_mask{suffix}"] = _valid(mask, mask)
        if len(calls) == 1:
            hidden = kwargs["hidden_states"]
            out["latents_initial"] = hidden[:, :channels].clone()
            if kwargs["image_embeds"].any():
                out["image_embeds"] = kwargs["image_embeds"].clone()
                out["cond_latents"] = hidden[:, channels : 2 * channels, :1].clone()
            if kwargs.get("timestep_r") is not None:
                out["step0_timestep_r"] = kwargs["timestep_r"].clone()

    def first(function: Callable[[Any], None]) -> Callable[[Any], None]:
        return lambda output: function(output) if len(calls) == 1 else None

    def context(value: torch.Tensor) -> torch.Tensor:
        length = sum(out[name].shape[1] for name in ["prompt_embeds", "prompt_embeds_2", "image_embeds"] if name in out)
        return value[:, :length].clone()

    def rope(tables: tuple[torch.Tensor, torch.Tensor]) -> None:
        out["rope_cos"], out["rope_sin"] = tables

    def block(index: int) -> Callable[[Any], None]:
        def store(output: tuple[torch.Tensor, torch.Tensor]) -> None:
            out[f"step0_block{index}_video"] = output[0].clone()
            out[f"step0_block{index}_context"] = context(output[1])

        return first(store)

    def prediction(output: tuple[torch.Tensor]) -> None:
        if len(calls) <= len(branches):
            out["transformer_output_step0" + ("_uncond" if len(calls) == 2 else "")] = output[0].clone()

    def before_blocks(_: dict[str, Any], args: tuple) -> None:
        if len(calls) == 1:
            out["step0_video_tokens"] = args[0].clone()
            out["step0_context"] = context(args[1])

    recorder.before(transformer, inputs)
    recorder.after(transformer.rope, first(rope))
    recorder.after(transformer.time_embed, first(lambda value: out.__setitem__("step0_temb", value.clone())))
    recorder.after(
        transformer.context_embedder,
        first(lambda value: out.__setitem__("step0_refined_text", value[:, : out["prompt_embeds"].shape[1]].clone())),
    )
    recorder.before(transformer.transformer_blocks[0], before_blocks)
    for index, module in enumerate(transformer.transformer_blocks):
        recorder.after(module, block(index))
    recorder.after(transformer, prediction)


def _record_sampling(recorder: _Recorder, pipeline: Pipeline, out: Tensors) -> None:
    steps = []

    def step(result: tuple[torch.Tensor], prediction: torch.Tensor, *_: Any) -> None:
        if not steps:
            out["noise_pred_0"] = prediction.clone()
            out["sigmas"] = pipeline.scheduler.sigmas.clone()
            out["timesteps"] = pipeline.scheduler.timesteps.clone()
        out[f"latents_after_step{len(steps)}"] = result[0].clone()
        out["latents_final"] = result[0].clone()
        steps.append(None)

    recorder.wrap(pipeline.scheduler, "step", step)


def _record_picture(recorder: _Recorder, pipeline: Pipeline, out: Tensors) -> None:
    def resized(image: Image.Image, *_: Any) -> None:
        out["image_cropped_uint8"] = torch.from_numpy(numpy.array(image.convert("RGB")))

    recorder.wrap(pipeline.video_processor, "resize", resized)
    recorder.before(
        pipeline.image_encoder,
        lambda kwargs, _: out.__setitem__("siglip_pixel_values", kwargs["pixel_values"].clone()),
    )
    recorder.before(pipeline.vae.encoder, lambda _, args: out.__setitem__("vae_image_pixels", args[0][:, :, 0].clone()))
    recorder.after(pipeline.vae.encoder, lambda value: out.__setitem__("vae_encoder_moments", value.clone()))
    recorder.after(pipeline.vae.encoder.mid_block, lambda value: out.__setitem__("vae_encoder_mid", value.clone()))


def run_recorded(pipeline: Pipeline, call: Call, image: Image.Image | None) -> Tensors:
    """Everything one untiled run computes, by name; text streams hold valid tokens only."""
    out: Tensors = {}
    pipeline.vae.use_tiling = False
    pipeline.guider = ClassifierFreeGuidance(guidance_scale=call.guidance_scale)
    with _recorder() as recorder:
        _record_text_ids(recorder, pipeline, out)
        _record_transformer(recorder, pipeline, out)
        _record_sampling(recorder, pipeline, out)
        recorder.after(pipeline.vae.decoder.mid_block, lambda value: out.__setitem__("vae_decoder_mid", value.clone()))
        if image is not None:
            _record_picture(recorder, pipeline, out)
        out["video"] = call_pipeline(pipeline, call, image)
    return out


def run_tiled(pipeline: Pipeline, call: Call, image: Image.Image | None, untiled: Tensors) -> Tensors:
    """The tiled decode of the untiled run's latents and, where a picture is encoded in tiles too, the whole tiled run."""
    ratio = pipeline.vae.config.spatial_compression_ratio
    pipeline.vae.enable_tiling(**call.tiling.as_enable_tiling_arguments(ratio))
    latents = untiled["latents_final"] / pipeline.vae.config.scaling_factor
    decoded = pipeline.vae.decode(latents, return_dict=False)[0]
    video = torch.from_numpy(pipeline.video_processor.postprocess_video(decoded, output_type="np")[0].copy())
    out = {"video_tiled_decode_only": video}
    if image is not None:
        recorded: Tensors = {}
        with _recorder() as recorder:
            _record_transformer(recorder, pipeline, recorded)
            _record_sampling(recorder, pipeline, recorded)
            out["video_tiled"] = call_pipeline(pipeline, call, image)
        out |= {f"{name}_tiled": recorded[name] for name in ["cond_latents", "noise_pred_0", "latents_final"]}
    pipeline.vae.use_tiling = False
    return out


def run_double(pipeline: Pipeline, call: Call, image: Image.Image | None, latents: torch.Tensor) -> torch.Tensor:
    """The video in float64 from the same noise; leaves the pipeline in float32."""
    modules = [m for m in pipeline.components.values() if isinstance(m, torch.nn.Module)]
    for module in modules:
        module.to(torch.float64)
    video = call_pipeline(pipeline, call, image, latents=latents.double())
    for module in modules:
        module.to(torch.float32)
    return video
