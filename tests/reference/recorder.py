"""Records what the stages of a pipeline run compute, by hooks on its networks and wrappers around its
methods."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch

Tensors = dict[str, torch.Tensor]


class Recorder:
    """Hooks and wrappers that put tensors into `out`; `close` removes them all."""

    def __init__(self, out: Tensors) -> None:
        self.out = out
        self._undo: list[Callable[[], None]] = []

    def before(
        self, module: torch.nn.Module, function: Callable[[tuple, dict[str, Any]], None]
    ) -> None:
        """Calls `function(args, kwargs)` before each forward."""
        handle = module.register_forward_pre_hook(
            lambda _, args, kwargs: function(args, kwargs), with_kwargs=True
        )
        self._undo.append(handle.remove)

    def after(self, module: torch.nn.Module, function: Callable[[Any], None]) -> None:
        """Calls `function(output)` after each forward."""
        self._undo.append(
            module.register_forward_hook(lambda _, __, output: function(output)).remove
        )

    def keep(self, module: torch.nn.Module, name: str) -> None:
        """Stores the output of each forward; the last one stays."""
        self.after(module, lambda output: self.out.__setitem__(name, output.clone()))

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
def recording(out: Tensors) -> Iterator[Recorder]:
    recorder = Recorder(out)
    try:
        yield recorder
    finally:
        recorder.close()
