"""Checks of a case itself: whether a wrong implementation could pass it."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

import torch
from PIL import Image, ImageOps

from hunyuan15.networks import Pipeline
from hunyuan15.record import Tensors
from hunyuan15.run import call_pipeline, run_double
from hunyuan15.spec import Call

MIN_EFFECT = 0.015  # mean |difference| of videos in [0, 1] that an argument must make
MAX_CLAMPED = 0.03
MAX_DOUBLE_ERROR = 5e-5  # of float32 against float64
PREFIX_TOKENS = 108

# Parameters that cannot reach the video: layers the pipelines skip, unused heads, the log-variance,
# and key biases, which add the same to every logit of a query.
WITHOUT_EFFECT = re.compile(
    r"text_encoder\.norm\."
    r"|image_encoder\..*head\."
    r"|encoder\.conv_out\.conv\.bias"
    r"|attentions\.0\.to_k\.bias"
    r"|image_encoder\..*k_proj\.bias"
    r"|refiner_blocks\.\d+\.attn\.to_k\.bias"
)


def _mean_difference(a: torch.Tensor, b: torch.Tensor) -> float:
    return (a - b).abs().mean().item()


def _variations(call: Call) -> Iterator[tuple[str, Call]]:
    yield "another prompt", replace(call, prompt="A boat on the river")
    yield "another seed", replace(call, seed=call.seed + 1)
    if (call.prompt or " ") != (call.negative_prompt or " "):  # an empty prompt becomes one blank
        yield (
            "another guidance",
            replace(call, guidance_scale=1.0 if call.guidance_scale != 1.0 else 6.0),
        )
    if call.guidance_scale != 1.0:
        yield (
            "another negative prompt",
            replace(call, negative_prompt="dark night " + call.negative_prompt),
        )
    unquoted = re.sub('["\u201c\u201d]', "", call.prompt)
    if unquoted != call.prompt:
        yield "no quotes", replace(call, prompt=unquoted)


def effects(
    pipeline: Pipeline, call: Call, image: Image.Image | None, video: torch.Tensor
) -> dict[str, float]:
    """Mean |difference| of the video for each changed argument."""
    found = {
        name: _mean_difference(call_pipeline(pipeline, changed, image), video)
        for name, changed in _variations(call)
    }
    if image is not None:
        found["another picture"] = _mean_difference(
            call_pipeline(pipeline, call, ImageOps.mirror(image)), video
        )
    if len(video) > 1:
        found["the next frame"] = _mean_difference(video[1:], video[:-1])
    return found


def template_problems(pipeline: Pipeline, call: Call, tensors: Tensors) -> list[str]:
    """The reference crops 108 tokens blindly: they must be the template's prefix and leave the
    prompt whole."""
    tokenizer = pipeline.tokenizer
    prefix = f"<|im_start|>system\n{pipeline.system_message}<|im_end|>\n<|im_start|>user\n"
    ids = tensors["input_ids"][0].tolist()
    prefix_ids = tokenizer(prefix).input_ids
    problems = []
    if len(prefix_ids) != PREFIX_TOKENS:
        problems.append(f"the template's prefix has {len(prefix_ids)} tokens")
    # The last one is a newline, which merges with one at the prompt's beginning.
    if ids[: PREFIX_TOKENS - 1] != prefix_ids[:-1]:
        problems.append("the cropped tokens are not the template's prefix")
    if tensors["prompt_embeds"].shape[1] != len(ids) - PREFIX_TOKENS:
        problems.append("the crop does not leave exactly the prompt and the suffix")
    return problems


def case_problems(
    pipeline: Pipeline,
    call: Call,
    image: Image.Image | None,
    tensors: Tensors,
    report: Callable[[str], None],
) -> list[str]:
    """Reports every figure and returns what makes the case a weak test."""
    video = tensors["video"]
    problems = template_problems(pipeline, call, tensors)
    for name, effect in effects(pipeline, call, image, video).items():
        report(f"  effect of {name:24s} {effect:.4f}")
        if effect < MIN_EFFECT:
            problems.append(f"{name} changes the video by {effect:.4f} only")
    clamped = ((video == 0) | (video == 1)).float().mean().item()
    rerun = (call_pipeline(pipeline, call, image) - video).abs().max().item()
    double = (
        (run_double(pipeline, call, image, tensors["latents_initial"]) - video).abs().max().item()
    )
    report(f"  clamped {clamped:.2%}, rerun differs by {rerun}, float64 by {double:.1e}")
    if clamped > MAX_CLAMPED:
        problems.append(f"{clamped:.1%} of the video is clamped")
    if rerun != 0:
        problems.append(f"a second run differs by {rerun}")
    if double > MAX_DOUBLE_ERROR:
        problems.append(f"float64 differs by {double:.1e}")
    return problems


def _unused(pipeline: Pipeline, call: Call, image: Image.Image | None) -> re.Pattern[str]:
    """Names without effect for this pipeline and call: the last two text layers, the last block's
    context output, ..."""
    text_layers = pipeline.text_encoder.config.num_hidden_layers
    last = pipeline.transformer.config.num_layers - 1
    parts = [
        WITHOUT_EFFECT.pattern,
        rf"text_encoder\.layers\.({text_layers - 2}|{text_layers - 1})\.",
        rf"transformer_blocks\.{last}\.(attn\.(to_add_out|add_q_proj|norm_added_q)|ff_context)",
    ]
    if not re.search('["\u201c]', call.prompt):
        parts += [r"text_encoder_2\.", r"context_embedder_2\."]
    if image is None:
        parts += [r"vae\.encoder\.", r"transformer\.image_embedder\.", "timestep_embedder_r"]
    return re.compile("|".join(parts))


def weights_without_effect(
    pipeline: Pipeline,
    call: Call,
    image: Image.Image | None,
    video: torch.Tensor,
    threshold: float = 1e-3,
) -> list[str]:
    """Reverses one tensor after the other along its first dimension and names those that leave the
    video as it was."""
    unused, found = _unused(pipeline, call, image), []
    for component, module in pipeline.components.items():
        if not isinstance(module, torch.nn.Module):
            continue
        for name, parameter in module.named_parameters():
            full_name = f"{component}.{name}"
            if unused.search(full_name):
                continue
            original = parameter.data.clone()
            parameter.data.copy_(original.flip(0))
            effect = (call_pipeline(pipeline, call, image) - video).abs().max().item()
            parameter.data.copy_(original)
            if effect < threshold:
                found.append(f"{full_name} ({effect:.1e})")
    return found
