"""Records what every stage of an LTX-2 run computes."""

import math
from collections.abc import Callable
from typing import Any

import torch

from ltx2.networks import Pipeline
from ltx2.spec import Call
from recorder import Recorder, Tensors

STREAMS = ["video", "audio"]


class LatentShapes:
    """Turns packed tokens into latents: [B, T*H*W, C] into [B, C, T, H, W], [B, L, C*M] into
    [B, C, L, M]."""

    def __init__(self, pipeline: Pipeline, call: Call) -> None:
        spatial = pipeline.vae_spatial_compression_ratio
        temporal = pipeline.vae_temporal_compression_ratio
        self._grid = (
            (call.num_frames - 1) // temporal + 1,
            call.height // spatial,
            call.width // spatial,
        )
        self._mel = pipeline.audio_vae.config.mel_bins // pipeline.audio_vae_mel_compression_ratio

    def video(self, tokens: torch.Tensor) -> torch.Tensor:
        """Image-to-video's velocities are latents already. Tokens of conditions behind the video's
        are left out."""
        if tokens.ndim == 5:
            return tokens.clone()
        tokens = tokens[:, : math.prod(self._grid)]
        return tokens.unflatten(1, self._grid).movedim(-1, 1).contiguous().clone()

    def audio(self, tokens: torch.Tensor) -> torch.Tensor:
        return tokens.unflatten(2, (-1, self._mel)).transpose(1, 2).contiguous().clone()


def record_text(recorder: Recorder, pipeline: Pipeline, call: Call) -> None:
    """Ids, hidden states of all layers (valid tokens only), and what the connectors make of them."""
    out, names = recorder.out, iter(["", "negative_"])

    def ids(_: tuple, kwargs: dict[str, Any]) -> None:
        state["name"], state["mask"] = next(names), kwargs["attention_mask"].bool()
        out[f"{state['name']}input_ids"] = kwargs["input_ids"][state["mask"]][None]

    def hidden(output: Any) -> None:
        layers = torch.stack(output.hidden_states, -1)
        out[f"{state['name']}text_hidden_states"] = layers[state["mask"]][None]

    def connected(output: tuple[torch.Tensor, ...]) -> None:
        # With guidance the negative prompt comes first.
        order = ["negative_", ""] if call.is_guided else [""]
        for index, name in enumerate(order):
            out[f"{name}prompt_embeds"] = output[0][index : index + 1].clone()
            out[f"{name}prompt_embeds_2"] = output[1][index : index + 1].clone()

    state: dict[str, Any] = {}
    recorder.before(pipeline.text_encoder, ids)
    recorder.after(pipeline.text_encoder, hidden)
    recorder.after(pipeline.connectors, connected)


class TransformerTrace:
    """The transformer's first forward block by block; every pass of step 0."""

    def __init__(self, pipeline: Pipeline, call: Call, shapes: LatentShapes, out: Tensors) -> None:
        self._transformer, self._shapes, self._out = pipeline.transformer, shapes, out
        self._guided = call.is_guided
        self._passes = ["conditional"]
        if max(call.stg_scale, call.audio_stg_scale or call.stg_scale) > 0:
            self._passes.append("stg")
        if max(call.modality_scale, call.audio_modality_scale or call.modality_scale) > 1:
            self._passes.append("modality")
        self._calls = 0

    def attach(self, recorder: Recorder) -> None:
        recorder.before(self._transformer, self._inputs)
        recorder.after(self._transformer, self._prediction)
        for index, block in enumerate(self._transformer.transformer_blocks):
            recorder.after(block, self._block(index))

    def _inputs(self, _: tuple, kwargs: dict[str, Any]) -> None:
        self._calls += 1
        if self._calls > 1:
            return
        self._out["latents_initial"] = self._shapes.video(kwargs["hidden_states"][-1:])
        self._out["audio_latents_initial"] = self._shapes.audio(kwargs["audio_hidden_states"][-1:])
        self._out["video_coords"] = kwargs["video_coords"][-1:].clone()
        self._out["audio_coords"] = kwargs["audio_coords"][-1:].clone()

    def _block(self, index: int) -> Callable[[tuple[torch.Tensor, ...]], None]:
        def store(output: tuple[torch.Tensor, ...]) -> None:
            if self._calls == 1:
                for stream, tokens in zip(STREAMS, output):
                    self._out[f"step0_block{index}_{stream}"] = tokens[-1:].clone()

        return store

    def _prediction(self, output: tuple[torch.Tensor, ...]) -> None:
        if self._calls > len(self._passes):
            return
        name = self._passes[self._calls - 1]
        for stream, tokens in zip(STREAMS, output):
            self._out[f"step0_{name}_{stream}"] = tokens[-1:].clone()
            if name == "conditional" and self._guided:
                self._out[f"step0_negative_{stream}"] = tokens[:1].clone()


def record_sampling(recorder: Recorder, pipeline: Pipeline, shapes: LatentShapes) -> None:
    """The schedule, and the guided predictions of step 0 as velocities."""
    out, calls = recorder.out, [0]

    def velocity(result: torch.Tensor, *_: Any) -> None:
        if calls[0] == 0:
            out["noise_pred_0"] = shapes.video(result)
            out["sigmas"] = pipeline.scheduler.sigmas.clone()
            out["timesteps"] = pipeline.scheduler.timesteps.clone()
        elif calls[0] == 1:
            out["audio_noise_pred_0"] = shapes.audio(result)
        calls[0] += 1

    recorder.wrap(pipeline, "convert_x0_to_velocity", velocity)


def record_decoding(recorder: Recorder, pipeline: Pipeline) -> None:
    """What goes into the decoders and what comes out before the last step."""
    out = recorder.out

    def store(name: str) -> Callable[[tuple, dict[str, Any]], None]:
        return lambda args, _: out.__setitem__(name, args[0].clone())

    recorder.before(pipeline.vae.decoder, store("vae_decoder_input"))
    recorder.before(pipeline.audio_vae.decoder, store("audio_vae_decoder_input"))
    recorder.before(pipeline.vocoder, store("mel"))


def record_picture(recorder: Recorder, pipeline: Pipeline) -> None:
    """The picture as the encoder gets it, and its normalised latents; conditions' one after the
    other."""
    out = recorder.out

    def pixels(args: tuple, _: dict[str, Any]) -> None:
        out["vae_image_pixels"] = args[0][:, :, 0].clone()

    def moments(encoded: torch.Tensor, *_: Any) -> None:
        latents = encoded[:, : pipeline.vae.config.latent_channels]
        normalised = pipeline._normalize_latents(
            latents, pipeline.vae.latents_mean, pipeline.vae.latents_std
        ).clone()
        before = [out["cond_latents"]] if "cond_latents" in out else []
        out["cond_latents"] = torch.cat([*before, normalised], 2)

    recorder.before(pipeline.vae.encoder, pixels)
    recorder.wrap(pipeline.vae, "_encode", moments)
