"""What each rank must send in each step, worked out from the sizes of the case alone, and compared
with the run's metrics.

Bytes are what must leave a rank if every piece goes straight to its reader.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from layout_runs import Layout, Run

FLOAT = 4  # bytes
COUNTER = 4  # bytes of the number that says whether a rank was interrupted


@dataclass(frozen=True)
class Sizes:
    """What of a case and its prompts decides how much is sent."""

    heads: int
    head_dim: int
    layers: int
    latent: tuple[int, int, int, int]
    text: tuple[int, int]  # text tokens of the two guidance branches

    @property
    def tokens(self) -> int:
        _, frames, height, width = self.latent
        return frames * height * width

    @property
    def latent_bytes(self) -> int:
        return self.latent[0] * self.tokens * FLOAT


def sizes_of(case_dir: Path, run: Run) -> Sizes:
    case = json.loads((case_dir / "case.json").read_text(encoding="utf-8"))
    transformer = case["checkpoint"]["transformer"]
    rows = {name: tensor.shape[1] for name, tensor in run.tensors.items() if "embeds" in name}
    picture = rows.get("image_embeds", 0)
    text = [
        rows[name] + rows.get(f"{name}_2", 0) + picture
        for name in ("prompt_embeds", "negative_prompt_embeds")
    ]
    _, channels, frames, height, width = run.tensors["latents_final"].shape
    return Sizes(
        heads=transformer["num_attention_heads"],
        head_dim=transformer["attention_head_dim"],
        layers=transformer["num_layers"],
        latent=(channels, frames, height, width),
        text=(text[0], text[1]),
    )


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

    def branches(self) -> list[int]:
        return [0, 1] if self.layout.cfg == 1 else [self.branch]


def chunk_of(sizes: Sizes, layout: Layout) -> int:
    """Video tokens of one rank, padding included."""
    return -(-sizes.tokens // (layout.ulysses * layout.ring))


def ulysses_bytes(sizes: Sizes, rank: Rank) -> int:
    """Each block sends queries, keys, values and the result; of the text's result every rank needs
    all heads. The last block has no text result."""
    peers = rank.layout.ulysses - 1
    heads = sizes.heads // rank.layout.tensor // rank.layout.ulysses
    video = 4 * chunk_of(sizes, rank.layout) * heads * sizes.head_dim * FLOAT * peers
    total = 0
    for branch in rank.branches():
        text = sizes.text[branch] * heads * sizes.head_dim * FLOAT * peers
        total += sizes.layers * video + (sizes.layers - 1) * text
    return total


def ring_bytes(sizes: Sizes, rank: Rank) -> int:
    """Keys and values go to the next rank in every round but the last, without padding."""
    layout = rank.layout
    heads = sizes.heads // layout.tensor // layout.ulysses
    length = chunk_of(sizes, layout) * layout.ulysses
    total = 0
    for round_number in range(layout.ring - 1):
        owner = (rank.ring - round_number) % layout.ring
        tokens = min(max(sizes.tokens - owner * length, 0), length)
        total += 2 * tokens * heads * sizes.head_dim * FLOAT
    return total * sizes.layers * len(rank.branches())


def tensor_bytes(sizes: Sizes, rank: Rank) -> int:
    """The results of attention and MLP are summed in each block, of both streams but in the last;
    an all-reduce sends 2 (T - 1) / T of its tensor."""
    ranks, width = rank.layout.tensor, sizes.heads * sizes.head_dim
    total = 0
    for branch in rank.branches():
        rows = [chunk_of(sizes, rank.layout)] * sizes.layers + [sizes.text[branch]] * (
            sizes.layers - 1
        )
        total += sum(2 * (row * width * FLOAT * 2 * (ranks - 1) // ranks) for row in rows)
    return total


def sequence_bytes(sizes: Sizes, rank: Rank) -> int:
    """The prediction is put together on every rank."""
    ranks = rank.layout.ulysses * rank.layout.ring
    part = chunk_of(sizes, rank.layout) * sizes.latent[0] * FLOAT
    return part * (ranks - 1) * len(rank.branches())


def step_bytes(sizes: Sizes, layout: Layout, number: int) -> dict[str, int]:
    """What one rank sends in one step, by kind of group."""
    sent = {"replica": COUNTER * 2 * (layout.ranks - 1) // layout.ranks} if layout.ranks > 1 else {}
    if number >= layout.denoising:
        return {}  # makes no steps of its own
    rank = Rank(layout, number)
    if layout.ulysses > 1:
        sent["ulysses"] = ulysses_bytes(sizes, rank)
    if layout.ring > 1:
        sent["ring"] = ring_bytes(sizes, rank)
    if layout.tensor > 1:
        sent["tensor"] = tensor_bytes(sizes, rank)
    if layout.ulysses * layout.ring > 1:
        sent["sequence"] = sequence_bytes(sizes, rank)
    if layout.cfg > 1:
        sent["cfg"] = sizes.latent_bytes
    if layout.vae > 1 and number < layout.vae:
        sent["vae"] = 0
    return sent


def by_kind(groups: dict[str, Any]) -> dict[str, Any]:
    """"ulysses/2" is the Ulysses group whose first member is rank 2."""
    return {name.split("/")[0]: value for name, value in groups.items()}


def tile_bytes(case_dir: Path, run: Run, tiling: dict[str, int]) -> list[int]:
    """Of every decoded tile."""
    case = json.loads((case_dir / "case.json").read_text(encoding="utf-8"))
    sides = [
        [min(tiling["size"], length - start) for start in range(0, length, tiling["stride"])]
        for length in (case["height"], case["width"])
    ]
    frames = run.tensors["video"].shape[0]
    return [3 * frames * height * width * FLOAT for height in sides[0] for width in sides[1]]


def wrong_steps(sizes: Sizes, layout: Layout, metrics: dict[str, Any]) -> Iterator[str]:
    for rank in metrics["ranks"]:
        want = step_bytes(sizes, layout, rank["rank"])
        got = by_kind(rank["stages"].get("denoise", {}).get("step_bytes_sent", {}))
        if sorted(got) != sorted(want):
            yield f"rank {rank['rank']} sends to {sorted(got)}, expected {sorted(want)}"
        for kind in sorted(set(got) & set(want)):
            if set(got[kind]) != {want[kind]}:
                yield f"rank {rank['rank']} sends {got[kind]} to {kind}, formula {want[kind]}"


def wrong_tiles(tiles: list[int], layout: Layout, metrics: dict[str, Any]) -> Iterator[str]:
    """Every tile that the first rank does not make travels once; loads differ by one tile at
    most."""
    sent = [
        by_kind(rank["stages"].get("decode", {}).get("bytes_sent", {})).get("vae", 0)
        for rank in metrics["ranks"][: layout.vae]
    ]
    own = sum(tiles) - sum(sent)
    if sent[0] != 0 or own < 0:
        yield f"tiles of {sum(tiles)} bytes, sent {sent}"
    elif max([own, *sent[1:]]) - min([own, *sent[1:]]) > max(tiles):
        yield f"tiles of {tiles} bytes shared unevenly: {[own, *sent[1:]]}"


def wrong_traffic(case_dir: Path, layout: Layout, run: Run, tiling: dict[str, int] | None) -> str:
    """What of the run's counted bytes differs from the formulas, or nothing."""
    problems = list(wrong_steps(sizes_of(case_dir, run), layout, run.metrics))
    if layout.vae > 1 and tiling is not None:
        problems += wrong_tiles(tile_bytes(case_dir, run, tiling), layout, run.metrics)
    return "; ".join(problems)
