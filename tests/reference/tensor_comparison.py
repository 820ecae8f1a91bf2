"""Compares two sets of tensors and prints one table row for each."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class Row:
    """One comparison. `error` is max |got - want| divided by max |want|; a `problem` says why it
    could not be made."""

    name: str
    error: float
    tolerance: float
    problem: str = ""

    @property
    def ok(self) -> bool:
        return not self.problem and self.error <= self.tolerance

    def __str__(self) -> str:
        verdict = "ok" if self.ok else "MISMATCH"
        error = f"{self.error:10.2e} of scale (<= {self.tolerance:.0e})"
        return f"  {self.name:36s} {error}  {verdict} {self.problem}".rstrip()


def _without_batch(tensor: torch.Tensor) -> torch.Tensor:
    return tensor[0] if tensor.ndim > 1 and tensor.shape[0] == 1 else tensor


def compare(name: str, got: torch.Tensor | None, want: torch.Tensor, tolerance: float) -> Row:
    """A leading dimension of one is not a difference; not-a-number always is."""
    if got is None:
        return Row(name, float("nan"), tolerance, "missing")
    got, want = _without_batch(got).double(), _without_batch(want).double()
    if got.shape != want.shape:
        return Row(
            name, float("nan"), tolerance, f"shape {list(got.shape)}, expected {list(want.shape)}"
        )
    if want.numel() == 0:
        return Row(name, 0.0, tolerance)
    difference = (got - want).abs().max().item()
    if difference != difference:
        return Row(name, difference, tolerance, "not finite")
    return Row(name, difference / max(want.abs().max().item(), 1e-12), tolerance)


def compare_all(
    got: Mapping[str, torch.Tensor],
    want: Mapping[str, torch.Tensor],
    tolerance: float,
    exact: Iterable[str] = (),
) -> list[Row]:
    """One row for every name of `want`; those in `exact` must be equal."""
    exact = set(exact)
    return [
        compare(name, got.get(name), want[name], 0.0 if name in exact else tolerance)
        for name in sorted(want)
    ]
