"""Draws weights that make every path of a network matter; default initialisations leave most of
them near zero."""

import re
from collections.abc import Mapping

import torch

NORM_PATTERN = re.compile(r"(norm[^.]*|layernorm|layer_norm|layer_norm\d|norm\d?)\.(weight|gamma)$")
EMBEDDING_PATTERN = re.compile(
    r"(embed_tokens|shared|cond_type_embed|position_embedding|relative_attention_bias)\.weight$"
)


def _draw(
    name: str, parameter: torch.Tensor, gain: float, generator: torch.Generator
) -> torch.Tensor:
    noise = torch.randn(parameter.shape, generator=generator)
    if NORM_PATTERN.search(name):
        return 1.0 + 0.2 * noise
    if EMBEDDING_PATTERN.search(name):
        return gain * noise
    if name.endswith("bias") or parameter.ndim < 2:
        return 0.15 * gain * noise
    fan_in = parameter[0].numel()
    return gain / fan_in**0.5 * noise


def randomize(
    module: torch.nn.Module,
    seed: int,
    gains: Mapping[str, float],
    dtype: torch.dtype = torch.float32,
) -> None:
    """Fills every parameter of `module` in place, in the order of the sorted names.

    Linear and convolution weights are N(0, gain^2 / fan_in), norms 1 +- 0.2, embeddings N(0,
    gain^2), biases N(0, (0.15 gain)^2). The gain of a tensor is that of the last pattern of `gains`
    found in its name, else 1. Values are rounded to `dtype`, the type the file will have, so that
    the file and the network in memory hold the same numbers.
    """
    generator = torch.Generator("cpu").manual_seed(seed)
    for name, parameter in sorted(module.named_parameters()):
        gain = 1.0
        for pattern, value in gains.items():
            if re.search(pattern, name):
                gain = value
        parameter.data.copy_(_draw(name, parameter, gain, generator).to(dtype))
