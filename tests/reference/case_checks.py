"""Checks of a case itself: whether a wrong implementation could pass it."""

from collections.abc import Callable
from typing import Any

import torch

from families import Family, Picture
from recorder import Tensors

MIN_EFFECT = 0.015  # mean |difference| that an argument must make, of videos in [0, 1]
MAX_CLAMPED = 0.03
MAX_DOUBLE_ERROR = 5e-5  # of float32 against float64


def _mean_difference(a: torch.Tensor, b: torch.Tensor) -> float:
    return (a - b).abs().mean().item()


def effects(
    family: Family, pipeline: Any, call: Any, image: Picture, outputs: Tensors
) -> dict[str, float]:
    """Mean |difference| that each changed argument makes to each output it must change."""
    found = {}
    for variation in family.variations(call, image):
        changed = family.outputs(pipeline, variation.call, variation.image)
        for name in variation.outputs:
            label = variation.name if name == "video" else f"{variation.name} ({name})"
            found[label] = _mean_difference(changed[name], outputs[name])
    video = outputs["video"]
    if len(video) > 1:
        found["the next frame"] = _mean_difference(video[1:], video[:-1])
    return found


def case_problems(
    family: Family,
    pipeline: Any,
    call: Any,
    image: Picture,
    tensors: Tensors,
    report: Callable[[str], None],
) -> list[str]:
    """Reports every figure and returns what makes the case a weak test."""
    again = family.outputs(pipeline, call, image)
    double = family.outputs_in_double(pipeline, call, image, tensors)
    problems = family.own_problems(pipeline, call, tensors)
    for name, effect in effects(family, pipeline, call, image, again).items():
        report(f"  effect of {name:32s} {effect:.4f}")
        if effect < MIN_EFFECT:
            problems.append(f"{name} changes the result by {effect:.4f} only")
    for name, value in again.items():
        low = 0 if name == "video" else -1
        clamped = ((value == low) | (value == 1)).float().mean().item()
        rerun = (value - tensors[name]).abs().max().item()
        error = (double[name] - value).abs().max().item()
        report(f"  {name}: clamped {clamped:.2%}, rerun differs by {rerun}, float64 by {error:.1e}")
        if clamped > MAX_CLAMPED:
            problems.append(f"{clamped:.1%} of the {name} is clamped")
        if rerun != 0:
            problems.append(f"a second run's {name} differs by {rerun}")
        if error > MAX_DOUBLE_ERROR:
            problems.append(f"the {name} in float64 differs by {error:.1e}")
    return problems


def weights_without_effect(
    family: Family, pipeline: Any, call: Any, image: Picture, threshold: float = 1e-3
) -> list[str]:
    """Reverses one tensor after the other along its first dimension and names those that leave the
    outputs as they were."""
    outputs = family.outputs(pipeline, call, image)
    unused, found = family.weights_not_run(pipeline, call, image), []
    for component, module in pipeline.components.items():
        if not isinstance(module, torch.nn.Module):
            continue
        for name, parameter in module.named_parameters():
            full_name = f"{component}.{name}"
            if unused.search(full_name):
                continue
            original = parameter.data.clone()
            parameter.data.copy_(original.flip(0))
            changed = family.outputs(pipeline, call, image)
            parameter.data.copy_(original)
            effect = max((changed[key] - outputs[key]).abs().max().item() for key in outputs)
            if effect < threshold:
                found.append(f"{full_name} ({effect:.1e})")
    return found
