"""What the families' tables of tensors are written with."""

from collections.abc import Iterator
from typing import Any

Shape = tuple[int, ...]
Shapes = dict[str, Shape]
Config = dict[str, Any]
Named = tuple[str, Shape]


def linear(name: str, out: int, into: int, bias: bool = True) -> Iterator[Named]:
    yield f"{name}.weight", (out, into)
    if bias:
        yield f"{name}.bias", (out,)


def norm(name: str, width: int) -> Iterator[Named]:
    yield f"{name}.weight", (width,)
    yield f"{name}.bias", (width,)


def conv(name: str, out: int, into: int, kernel: int = 3, axes: int = 3) -> Iterator[Named]:
    yield f"{name}.weight", (out, into) + (kernel,) * axes
    yield f"{name}.bias", (out,)
