"""The families of models that cases exist for, and what each must provide."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from PIL import Image

from recorder import Tensors

Picture = Image.Image | None
NAMES = ["hunyuan15", "ltx2"]


@dataclass(frozen=True)
class Variation:
    """A changed call or picture that must change the named outputs."""

    name: str
    call: Any
    image: Picture
    outputs: tuple[str, ...] = ("video",)


@dataclass(frozen=True)
class Family:
    """One family's part of case making. A spec has `name`, `weight_seed`, `call`, `storage_of` and
    `as_json`; a call has `seed` and `picture_size`."""

    name: str
    committed: dict[str, Any]
    held_out_spec: Callable[[int, int], Any]
    """The case number `index` of the series that `seed` starts."""
    settle: Callable[[Any], Any]
    """The spec with what the reference itself decides about the call."""
    save_checkpoint: Callable[[Any, Path], None]
    load_pipeline: Callable[[Path], Any]
    run_case: Callable[[Any, Any, Picture], Tensors]
    """Every tensor of (pipeline, spec, picture), the tiled run's included."""
    outputs: Callable[[Any, Any, Picture], Tensors]
    """What a plain run of (pipeline, call, picture) gives: the video and, if there is any, the
    sound."""
    outputs_in_double: Callable[[Any, Any, Picture, Tensors], Tensors]
    """The same with the networks in float64, from the noise of the given tensors."""
    variations: Callable[[Any, Picture], Iterable[Variation]]
    own_problems: Callable[[Any, Any, Tensors], list[str]]
    """What only this family can check of (pipeline, call, tensors)."""
    weights_not_run: Callable[[Any, Any, Picture], "re.Pattern[str]"]
    """Names of weights that cannot reach the outputs."""


def family(name: str) -> Family:
    """Importing a family imports the reference's classes, so only the wanted one is."""
    return import_module(f"{name}.family").FAMILY
