"""What one rank sends in one step of LTX-2."""

import json
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from layout_runs import Run
from traffic_ranks import FLOAT, Rank, chunk_of


def passes_of(case: dict[str, Any]) -> list[str]:
    """The predictions of a step, in their order; one that equals the conditional one is not made."""

    def largest(key: str) -> float:
        return max(case[key], case[f"audio_{key}"] or case[key])

    passes = ["conditional"]
    if largest("guidance_scale") > 1:
        passes.append("unconditional")
    if largest("stg_scale") > 0 and case["checkpoint"]["generation"] == "2.3":
        passes.append("perturbed")
    if largest("modality_scale") > 1:
        passes.append("isolated")
    return passes


@dataclass(frozen=True)
class Stream:
    heads: int
    head_dim: int
    tokens: int
    channels: int

    @property
    def width(self) -> int:
        return self.heads * self.head_dim


@dataclass(frozen=True)
class Sizes:
    """What of a case decides how much is sent."""

    video: Stream
    audio: Stream
    layers: int
    text: int  # tokens of each prompt
    passes: list[str]
    perturbed: list[int]  # blocks
    text_follows_step: bool

    @property
    def prediction(self) -> int:
        """Numbers of one prediction."""
        return sum(stream.tokens * stream.channels for stream in (self.video, self.audio))


def sizes_of(case_dir: Path, run: Run) -> Sizes:
    case = json.loads((case_dir / "case.json").read_text(encoding="utf-8"))
    config = json.loads((case_dir / "model/transformer/config.json").read_text(encoding="utf-8"))
    _, channels, frames, height, width = run.tensors["latents_final"].shape
    sound = run.tensors["audio_latents_final"].shape
    return Sizes(
        video=Stream(
            config["num_attention_heads"],
            config["attention_head_dim"],
            frames * height * width,
            channels,
        ),
        audio=Stream(
            config["audio_num_attention_heads"],
            config["audio_attention_head_dim"],
            sound[2],
            sound[1] * sound[3],
        ),
        layers=config["num_layers"],
        text=run.tensors["prompt_embeds"].shape[1],
        passes=passes_of(case),
        perturbed=case["spatio_temporal_guidance_blocks"],
        text_follows_step=config["cross_attn_mod"] and config["use_prompt_adaln_single"],
    )


@dataclass(frozen=True)
class Work:
    """How often a rank does each part of all blocks in a step."""

    whole: int  # self-attentions of both streams
    values: int  # self-attentions that give the values
    text: int
    keys: int  # of a prompt, for one block
    exchanges: int
    feeds: int
    outputs: int


def work_of(sizes: Sizes, rank: Rank, step: int) -> Work:
    """Passes that have come the same way so far are one."""
    mine = [sizes.passes[index] for index in rank.passes(len(sizes.passes))]
    ways: list[Hashable] = [()] * len(mine)
    count = dict.fromkeys(["whole", "values", "text", "keys", "exchanges", "feeds"], 0)

    def part(name: str, wish: Callable[[str], Hashable]) -> set[Hashable]:
        for index, kind in enumerate(mine):
            ways[index] = (ways[index], wish(kind))
        return set(ways)

    for block in range(sizes.layers):
        here = block in sizes.perturbed
        done = part("self", lambda kind: kind == "perturbed" and here)  # noqa: B023
        count["values"] += sum(way[1] for way in done)
        count["whole"] += sum(not way[1] for way in done)
        count["text"] += len(part("text", lambda kind: kind == "unconditional"))
        prompts = {kind == "unconditional" for kind in mine}
        count["keys"] += len(prompts) if sizes.text_follows_step or step == 0 else 0
        done = part("exchange", lambda kind: kind == "isolated")
        count["exchanges"] += sum(not way[1] for way in done)
        count["feeds"] += len(done)
    return Work(**count, outputs=len(set(ways)))


def ulysses_bytes(sizes: Sizes, rank: Rank, work: Work) -> int:
    """The video's queries, keys, values and result; for the sound that looks at it keys and values,
    and of the result every rank needs all heads."""
    peers, parts = rank.layout.ulysses - 1, rank.layout.tensor * rank.layout.ulysses
    chunk = chunk_of(sizes.video.tokens, rank.layout)
    self_attention = 4 * chunk * sizes.video.width // parts
    exchange = (2 * chunk + sizes.audio.tokens) * sizes.audio.width // parts
    return (work.whole * self_attention + work.exchanges * exchange) * FLOAT * peers


def ring_bytes(sizes: Sizes, rank: Rank, work: Work) -> int:
    """The video's keys and values go round; of the sound's attention each rank's part, with its
    log-sum-exp, goes to all."""
    layout = rank.layout
    parts = layout.tensor * layout.ulysses
    length = chunk_of(sizes.video.tokens, layout) * layout.ulysses
    passed_on = 0
    for number in range(layout.ring - 1):
        owner = (rank.ring - number) % layout.ring
        passed_on += min(max(sizes.video.tokens - owner * length, 0), length)
    self_attention = 2 * passed_on * sizes.video.width // parts
    audio = sizes.audio
    exchange = audio.tokens * audio.heads // parts * (audio.head_dim + 1) * (layout.ring - 1)
    return (work.whole * self_attention + work.exchanges * exchange) * FLOAT


def tensor_bytes(sizes: Sizes, rank: Rank, work: Work) -> int:
    """Results of attentions and MLPs are summed, and the squares that norms of queries and keys need;
    an all-reduce sends 2 (T - 1) / T of its tensor."""
    ranks = rank.layout.tensor
    video, audio = chunk_of(sizes.video.tokens, rank.layout), sizes.audio.tokens

    def sums(*lengths: int) -> int:
        return sum(length * FLOAT * 2 * (ranks - 1) // ranks for length in lengths)

    results = sums(video * sizes.video.width, audio * sizes.audio.width)
    total = (work.values + work.feeds) * results
    total += work.whole * (results + sums(2 * video, 2 * audio))
    total += work.text * (results + sums(video, audio)) + work.keys * sums(sizes.text, sizes.text)
    return total + work.exchanges * (results + 2 * sums(video + audio))


def sequence_bytes(sizes: Sizes, rank: Rank, work: Work) -> int:
    """The video's prediction is put together on every rank."""
    peers = rank.layout.ulysses * rank.layout.ring - 1
    part = chunk_of(sizes.video.tokens, rank.layout) * sizes.video.channels * FLOAT
    return part * peers * work.outputs


def bytes_by_group(sizes: Sizes, rank: Rank, step: int) -> dict[str, int]:
    """Without what every model sends; groups of one rank too."""
    work = work_of(sizes, rank, step)
    return {
        "ulysses": ulysses_bytes(sizes, rank, work),
        "ring": ring_bytes(sizes, rank, work),
        "tensor": tensor_bytes(sizes, rank, work),
        "sequence": sequence_bytes(sizes, rank, work),
    }
