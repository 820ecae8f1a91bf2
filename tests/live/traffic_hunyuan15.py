"""What one rank sends in one step of HunyuanVideo 1.5."""

import json
from dataclasses import dataclass
from pathlib import Path

from layout_runs import Run
from traffic_ranks import FLOAT, Rank, chunk_of


@dataclass(frozen=True)
class Sizes:
    """What of a case and its prompts decides how much is sent."""

    heads: int
    head_dim: int
    layers: int
    patch: int
    latent: tuple[int, int, int, int]
    text: tuple[int, int]  # text tokens of the two guidance branches

    @property
    def tokens(self) -> int:
        _, frames, height, width = self.latent
        return frames * (height // self.patch) * (width // self.patch)

    @property
    def token(self) -> int:
        """Numbers of one token's prediction."""
        return self.latent[0] * self.patch**2

    @property
    def prediction(self) -> int:
        """Numbers of one prediction."""
        return self.token * self.tokens


def sizes_of(case_dir: Path, run: Run) -> Sizes:
    config = case_dir / "model" / "transformer" / "config.json"
    transformer = json.loads(config.read_text(encoding="utf-8"))
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
        patch=transformer["patch_size"],
        latent=(channels, frames, height, width),
        text=(text[0], text[1]),
    )


PASSES = 2


def ulysses_bytes(sizes: Sizes, rank: Rank) -> int:
    """Each block sends queries, keys, values and the result; of the text's result every rank needs
    all heads. The last block has no text result."""
    peers = rank.layout.ulysses - 1
    heads = sizes.heads // rank.layout.tensor // rank.layout.ulysses
    video = 4 * chunk_of(sizes.tokens, rank.layout) * heads * sizes.head_dim * FLOAT * peers
    total = 0
    for branch in rank.passes(PASSES):
        text = sizes.text[branch] * heads * sizes.head_dim * FLOAT * peers
        total += sizes.layers * video + (sizes.layers - 1) * text
    return total


def ring_bytes(sizes: Sizes, rank: Rank) -> int:
    """Keys and values go to the next rank in every round but the last, without padding."""
    layout = rank.layout
    heads = sizes.heads // layout.tensor // layout.ulysses
    length = chunk_of(sizes.tokens, layout) * layout.ulysses
    total = 0
    for round_number in range(layout.ring - 1):
        owner = (rank.ring - round_number) % layout.ring
        tokens = min(max(sizes.tokens - owner * length, 0), length)
        total += 2 * tokens * heads * sizes.head_dim * FLOAT
    return total * sizes.layers * len(rank.passes(PASSES))


def tensor_bytes(sizes: Sizes, rank: Rank) -> int:
    """The results of attention and MLP are summed in each block, of both streams but in the last;
    an all-reduce sends 2 (T - 1) / T of its tensor."""
    ranks, width = rank.layout.tensor, sizes.heads * sizes.head_dim
    total = 0
    for branch in rank.passes(PASSES):
        rows = [chunk_of(sizes.tokens, rank.layout)] * sizes.layers + [sizes.text[branch]] * (
            sizes.layers - 1
        )
        total += sum(2 * (row * width * FLOAT * 2 * (ranks - 1) // ranks) for row in rows)
    return total


def sequence_bytes(sizes: Sizes, rank: Rank) -> int:
    """The prediction is put together on every rank."""
    ranks = rank.layout.ulysses * rank.layout.ring
    part = chunk_of(sizes.tokens, rank.layout) * sizes.token * FLOAT
    return part * (ranks - 1) * len(rank.passes(PASSES))


def bytes_by_group(sizes: Sizes, rank: Rank, step: int) -> dict[str, int]:
    """Without what every model sends; groups of one rank too. All steps are alike."""
    return {
        "ulysses": ulysses_bytes(sizes, rank),
        "ring": ring_bytes(sizes, rank),
        "tensor": tensor_bytes(sizes, rank),
        "sequence": sequence_bytes(sizes, rank),
    }
