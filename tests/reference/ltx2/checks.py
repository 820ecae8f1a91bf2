"""Checks that only LTX-2 can make of its cases."""

import re
from collections.abc import Iterator
from dataclasses import replace

from PIL import ImageOps

from families import Picture, Variation
from ltx2.networks import Pipeline
from ltx2.spec import Call
from recorder import Tensors

BOTH = ("video", "audio")

# Parameters that cannot reach the outputs: parts that the pipelines do not run, the log-variance,
# and key biases, which add the same to every logit of a query.
NOT_RUN = re.compile(
    r"vision_tower|multi_modal_projector|lm_head"
    r"|audio_vae\.encoder\."
    r"|to_k\.bias"
    r"|inverse_basis"
)


def variations(call: Call, image: Picture) -> Iterator[Variation]:
    """Other arguments, and the picture mirrored."""
    yield Variation("another prompt", replace(call, prompt="A boat on the river"), image, BOTH)
    yield Variation("another seed", replace(call, seed=call.seed + 1), image, BOTH)
    yield Variation("another rate", replace(call, frame_rate=call.frame_rate * 1.7), image)
    if call.is_guided:
        negative = "dark night " + call.negative_prompt
        yield Variation("another negative prompt", replace(call, negative_prompt=negative), image)
        unguided = replace(call, guidance_scale=1.0, audio_guidance_scale=1.0)
        yield Variation("no guidance", unguided, image, BOTH)
    if max(call.modality_scale, call.audio_modality_scale or 0) > 1:
        alone = replace(call, modality_scale=1.0, audio_modality_scale=1.0)
        yield Variation("no modality guidance", alone, image)
    if image is not None:
        yield Variation("another picture", call, ImageOps.mirror(image))


def token_problems(pipeline: Pipeline, call: Call, tensors: Tensors) -> list[str]:
    """The prompt must begin with its one special token."""
    ids = tensors["input_ids"][0].tolist()
    begin = pipeline.tokenizer.bos_token_id
    return [] if ids[0] == begin else [f"the prompt's tokens begin with {ids[:3]}"]


def weights_not_run(pipeline: Pipeline, call: Call, image: Picture) -> re.Pattern[str]:
    """Names without effect for this pipeline and call."""
    parts = [NOT_RUN.pattern]
    if image is None:
        parts.append(r"vae\.encoder\.")
    return re.compile("|".join(parts))
