"""What each rank must send in each step, worked out from the sizes of the case alone, and compared
with the run's metrics.

Bytes are what must leave a rank if every piece goes straight to its reader.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import traffic_hunyuan15
import traffic_ltx2
from kinema_program import read_case
from layout_runs import Layout, Run
from traffic_ranks import FLOAT, Rank

COUNTER = 4  # bytes of the number that says whether a rank was interrupted


def passes_of(case_dir: Path) -> list[str]:
    """The predictions of a step, in their order."""
    case = read_case(case_dir)
    if case["family"] == "ltx2":
        return traffic_ltx2.passes_of(case)
    return ["conditional", "unconditional"]


def step_bytes(case_dir: Path, run: Run, layout: Layout, number: int, step: int) -> dict[str, int]:
    """What one rank sends in one step, by kind of group."""
    if number >= layout.denoising:
        return {}  # makes no steps of its own
    family = traffic_ltx2 if read_case(case_dir)["family"] == "ltx2" else traffic_hunyuan15
    sizes = family.sizes_of(case_dir, run)
    bytes_by_group = family.bytes_by_group(sizes, Rank(layout, number), step)
    sizes_of_groups = {
        "ulysses": layout.ulysses,
        "ring": layout.ring,
        "tensor": layout.tensor,
        "sequence": layout.ulysses * layout.ring,
    }
    sent = {kind: bytes_by_group[kind] for kind, ranks in sizes_of_groups.items() if ranks > 1}
    if layout.ranks > 1:
        sent["replica"] = COUNTER * 2 * (layout.ranks - 1) // layout.ranks
    if layout.cfg > 1:
        # Ranks with fewer passes fill up.
        slots = -(-len(passes_of(case_dir)) // layout.cfg)
        sent["cfg"] = slots * sizes.prediction * FLOAT * (layout.cfg - 1)
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


def wrong_steps(case_dir: Path, run: Run, layout: Layout) -> Iterator[str]:
    for rank in run.metrics["ranks"]:
        number = rank["rank"]
        got = by_kind(rank["stages"].get("denoise", {}).get("step_bytes_sent", {}))
        steps = max([len(sent) for sent in got.values()], default=1)
        want = [step_bytes(case_dir, run, layout, number, step) for step in range(steps)]
        if sorted(got) != sorted(want[0]):
            yield f"rank {number} sends to {sorted(got)}, expected {sorted(want[0])}"
        for kind in sorted(set(got) & set(want[0])):
            formula = [sent[kind] for sent in want]
            if got[kind] != formula:
                yield f"rank {number} sends {got[kind]} to {kind}, formula {formula}"


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
    problems = list(wrong_steps(case_dir, run, layout))
    if layout.vae > 1 and tiling is not None:
        problems += wrong_tiles(tile_bytes(case_dir, run, tiling), layout, run.metrics)
    return "; ".join(problems)
