"""Records what every stage of a pipeline run computes, by hooks on its networks and wrappers around
its methods."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy
import torch
from PIL import Image

from hunyuan15.networks import Pipeline
from recorder import Recorder, Tensors


def _valid(embeds: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """The rows that the mask keeps, of a batch of one."""
    return embeds[mask.bool()][None]


class TransformerTrace:
    """The transformer's first forward stage by stage, and the inputs and outputs of each branch's
    first forward."""

    def __init__(self, pipeline: Pipeline, out: Tensors) -> None:
        self._transformer = pipeline.transformer
        self._branches = ["", "negative_"] if pipeline.guider.num_conditions > 1 else [""]
        self._calls = 0
        self._out = out

    def attach(self, recorder: Recorder) -> None:
        transformer = self._transformer
        recorder.before(transformer, self._inputs)
        recorder.after(transformer.rope, self._first(self._rope))
        recorder.after(transformer.time_embed, self._first(self._temb))
        recorder.after(transformer.context_embedder, self._first(self._refined_text))
        recorder.before(transformer.transformer_blocks[0], self._first(self._block_input))
        for index, block in enumerate(transformer.transformer_blocks):
            recorder.after(block, self._first(self._block_output(index)))
        recorder.after(transformer, self._prediction)

    def _first(self, function: Callable[..., None]) -> Callable[..., None]:
        return lambda *values: function(*values) if self._calls == 1 else None

    def _inputs(self, _: tuple, kwargs: dict[str, Any]) -> None:
        self._calls += 1
        if self._calls > len(self._branches):
            return
        prefix = self._branches[self._calls - 1]
        for suffix in ["", "_2"]:
            mask = kwargs[f"encoder_attention_mask{suffix}"]
            embeds = kwargs[f"encoder_hidden_states{suffix}"]
            self._out[f"{prefix}prompt_embeds{suffix}"] = _valid(embeds, mask)
            self._out[f"{prefix}prompt_embeds_mask{suffix}"] = _valid(mask, mask)
        if self._calls == 1:
            self._first_inputs(kwargs)

    def _first_inputs(self, kwargs: dict[str, Any]) -> None:
        hidden, channels = kwargs["hidden_states"], self._transformer.config.out_channels
        self._out["latents_initial"] = hidden[:, :channels].clone()
        if kwargs["image_embeds"].any():
            self._out["image_embeds"] = kwargs["image_embeds"].clone()
            self._out["cond_latents"] = hidden[:, channels : 2 * channels, :1].clone()
        if kwargs.get("timestep_r") is not None:
            self._out["step0_timestep_r"] = kwargs["timestep_r"].clone()

    def _context(self, tokens: torch.Tensor) -> torch.Tensor:
        """The valid condition tokens, which come first."""
        names = ["prompt_embeds", "prompt_embeds_2", "image_embeds"]
        length = sum(self._out[name].shape[1] for name in names if name in self._out)
        return tokens[:, :length].clone()

    def _rope(self, tables: tuple[torch.Tensor, torch.Tensor]) -> None:
        self._out["rope_cos"], self._out["rope_sin"] = tables

    def _temb(self, value: torch.Tensor) -> None:
        self._out["step0_temb"] = value.clone()

    def _refined_text(self, value: torch.Tensor) -> None:
        self._out["step0_refined_text"] = value[:, : self._out["prompt_embeds"].shape[1]].clone()

    def _block_input(self, args: tuple, _: dict[str, Any]) -> None:
        self._out["step0_video_tokens"] = args[0].clone()
        self._out["step0_context"] = self._context(args[1])

    def _block_output(self, index: int) -> Callable[[tuple[torch.Tensor, torch.Tensor]], None]:
        def store(output: tuple[torch.Tensor, torch.Tensor]) -> None:
            self._out[f"step0_block{index}_video"] = output[0].clone()
            self._out[f"step0_block{index}_context"] = self._context(output[1])

        return store

    def _prediction(self, output: tuple[torch.Tensor]) -> None:
        if self._calls <= len(self._branches):
            suffix = "_uncond" if self._calls == 2 else ""
            self._out[f"transformer_output_step0{suffix}"] = output[0].clone()


def record_text_ids(recorder: Recorder, pipeline: Pipeline) -> None:
    """The ids each text encoder gets, template included: first the prompt's, then the negative
    prompt's."""

    def attach(module: torch.nn.Module, names: Iterator[str]) -> None:
        def store(_: tuple, kwargs: dict[str, Any]) -> None:
            recorder.out[next(names)] = _valid(kwargs["input_ids"], kwargs["attention_mask"])

        recorder.before(module, store)

    attach(pipeline.text_encoder, iter(["input_ids", "negative_input_ids"]))
    attach(pipeline.text_encoder_2, iter(["input_ids_2", "negative_input_ids_2"]))


def record_sampling(recorder: Recorder, pipeline: Pipeline) -> None:
    """The schedule, the guided prediction of step 0, and the latents after each step."""
    out, scheduler = recorder.out, pipeline.scheduler
    steps: list[torch.Tensor] = []

    def step(result: tuple[torch.Tensor], prediction: torch.Tensor, *_: Any) -> None:
        if not steps:
            out["noise_pred_0"] = prediction.clone()
            out["sigmas"] = scheduler.sigmas.clone()
            out["timesteps"] = scheduler.timesteps.clone()
        out[f"latents_after_step{len(steps)}"] = result[0].clone()
        out["latents_final"] = result[0].clone()
        steps.append(result[0])

    recorder.wrap(scheduler, "step", step)


def record_picture(recorder: Recorder, pipeline: Pipeline) -> None:
    """The picture as cropped and as each encoder gets it, and what the VAE's encoder makes of
    it."""
    out, encoder = recorder.out, pipeline.vae.encoder

    def resized(image: Image.Image, *_: Any) -> None:
        out["image_cropped_uint8"] = torch.from_numpy(numpy.array(image.convert("RGB")))

    def siglip_input(_: tuple, kwargs: dict[str, Any]) -> None:
        out["siglip_pixel_values"] = kwargs["pixel_values"].clone()

    def vae_input(args: tuple, _: dict[str, Any]) -> None:
        out["vae_image_pixels"] = args[0][:, :, 0].clone()

    recorder.wrap(pipeline.video_processor, "resize", resized)
    recorder.before(pipeline.image_encoder, siglip_input)
    recorder.before(encoder, vae_input)
    recorder.keep(encoder, "vae_encoder_moments")
    recorder.keep(encoder.mid_block, "vae_encoder_mid")
