"""Checks that only HunyuanVideo 1.5 can make of its cases."""

import re
from collections.abc import Iterator
from dataclasses import replace

from PIL import ImageOps

from families import Picture, Variation
from hunyuan15.networks import Pipeline
from hunyuan15.spec import Call
from recorder import Tensors

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


def _changed_calls(call: Call) -> Iterator[tuple[str, Call]]:
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


def variations(call: Call, image: Picture) -> Iterator[Variation]:
    """Other arguments, and the picture mirrored."""
    for name, changed in _changed_calls(call):
        yield Variation(name, changed, image)
    if image is not None:
        yield Variation("another picture", call, ImageOps.mirror(image))


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


def weights_not_run(pipeline: Pipeline, call: Call, image: Picture) -> re.Pattern[str]:
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
