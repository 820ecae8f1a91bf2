"""Where a rank stands in a layout, for what it sends."""

from dataclasses import dataclass

from layout_runs import Layout

FLOAT = 4  # bytes


@dataclass(frozen=True)
class Rank:
    """One denoising rank: the number on each axis, tensor fastest."""

    layout: Layout
    number: int

    @property
    def ring(self) -> int:
        return self.number // (self.layout.tensor * self.layout.ulysses) % self.layout.ring

    @property
    def branch(self) -> int:
        return self.number // (self.layout.tensor * self.layout.ulysses * self.layout.ring)

    def passes(self, count: int) -> list[int]:
        """Those of `count` passes that this rank predicts."""
        return list(range(self.branch, count, self.layout.cfg))


def chunk_of(tokens: int, layout: Layout) -> int:
    """Video tokens of one rank, padding included."""
    return -(-tokens // (layout.ulysses * layout.ring))
