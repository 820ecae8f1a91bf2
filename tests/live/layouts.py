#!/usr/bin/env python3
"""Compares every parallel layout with one process and prints the table that README shows.

layouts.py PROGRAM [hunyuan15/t2v] [ltx2/i2v] [shapes] ...

"shapes" is the shipped model; its clip of 30 steps takes minutes, so it is not among the defaults.
"""

import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import shapes_case
from layout_runs import Layout, Run, Tiles, largest_difference, run_layout
from live_checks import DATA, Checks, program_and_cases
from traffic import passes_of, wrong_traffic

import torch
from frame_psnr import psnr
from kinema_program import read_case

EQUAL = float("inf")
COMPARED = ["latents_initial", "latents_final", "video", "audio_latents_final", "audio"]
WHOLE, TILED = None, Tiles()
# One tile for four ranks.
ONE_TILE = Tiles(128, 96)


@dataclass(frozen=True)
class Comparison:
    """A layout, the run of another one that it must give the same as, and how nearly: the least
    PSNR in dB, or EQUAL for the same bits in latents and video."""

    layout: Layout
    bound: float
    tiles: Tiles | None = WHOLE
    like: Layout = Layout()
    again: bool = False


COMPARISONS = [
    Comparison(Layout(cfg=2), EQUAL),
    Comparison(Layout(cfg=3), EQUAL),
    Comparison(Layout(cfg=4), EQUAL),
    Comparison(Layout(cfg=2), EQUAL, TILED),
    Comparison(Layout(vae=2), EQUAL, TILED),
    Comparison(Layout(vae=3), EQUAL, TILED),
    Comparison(Layout(vae=4), EQUAL, TILED),
    Comparison(Layout(vae=4), EQUAL, ONE_TILE),
    Comparison(Layout(cfg=2, vae=4), EQUAL, TILED),
    Comparison(Layout(ulysses=2), 60),
    Comparison(Layout(ulysses=4), 60),
    Comparison(Layout(cfg=2, ulysses=2, vae=4), 60, TILED),
    Comparison(Layout(cfg=2, ulysses=2, vae=4), EQUAL, TILED, Layout(cfg=2, ulysses=2, vae=4), True),
    Comparison(Layout(cfg=2, ulysses=2, vae=2), EQUAL, TILED, Layout(cfg=2, ulysses=2, vae=4)),
    Comparison(Layout(ring=2), 50),
    Comparison(Layout(ring=4), 50),
    Comparison(Layout(ulysses=2, ring=2), 50),
    Comparison(Layout(tensor=2), 50),
    Comparison(Layout(tensor=2, ulysses=2, vae=4), 50, TILED),
    Comparison(Layout(tensor=2, cfg=2, vae=4), 50, TILED),
]
ALL_CASES = ["hunyuan15/t2v", "hunyuan15/i2v", "ltx2/t2v", "ltx2/i2v"]


def possible(comparison: Comparison, case_dir: Path) -> bool:
    """Whether the case has so many passes, and tiles where they are wanted."""
    enough = comparison.layout.cfg <= len(passes_of(case_dir))
    return enough and (comparison.tiles is None or read_case(case_dir)["tiling"] is not None)


class Runs:
    """Every layout is run once, unless it is to be run again."""

    def __init__(self, program: Path, case_dir: Path, checks: Checks) -> None:
        self.program, self.case_dir, self.checks = program, case_dir, checks
        self.done: dict[tuple[Layout, Tiles | None], Run] = {}

    def tiling(self, tiles: Tiles | None) -> dict[str, int] | None:
        if tiles is None:
            return None
        given = read_case(self.case_dir)["tiling"]
        return {"size": tiles.size or given["size"], "stride": tiles.stride or given["stride"]}

    def __call__(self, layout: Layout, tiles: Tiles | None, again: bool = False) -> Run:
        key = (layout, tiles)
        if again or key not in self.done:
            self.done[key] = run_layout(self.program, self.case_dir, layout, tiles)
            problem = self.done[key].problem or wrong_traffic(
                self.case_dir, layout, self.done[key], self.tiling(tiles)
            )
            self.checks.expect(not problem, f"{self.case_dir} {layout}: {problem}")
        return self.done[key]


def table_row(name: str, comparison: Comparison, got: Run, want: Run) -> tuple[str, bool]:
    video, latents = (
        largest_difference(got.tensors[key], want.tensors[key])
        for key in ("video", "latents_final")
    )
    equal = all(
        torch.equal(got.tensors[key], want.tensors[key])
        for key in COMPARED
        if key in want.tensors
    )
    decibels = psnr(got.tensors["video"], want.tensors["video"])
    like = "itself, run again" if comparison.again else str(comparison.like)
    if comparison.tiles is not None:
        like += ", tiled" if comparison.tiles.size is None else f", tiles of {comparison.tiles.size}"
    demanded = "equal bits" if comparison.bound == EQUAL else f">= {comparison.bound:.0f} dB"
    row = (
        f"| {name} | {comparison.layout} | {comparison.layout.ranks} | {like} | {demanded} "
        f"| {'yes' if equal else 'no'} | {decibels:.1f} | {latents:.1e} | {video:.1e} |"
    )
    if comparison.bound == EQUAL:
        return row, equal
    sounds = [key for key in ("audio_latents_final", "audio") if key in want.tensors]
    near = all(largest_difference(got.tensors[key], want.tensors[key]) < 1e-4 for key in sounds)
    return row, decibels >= comparison.bound and near


def compare_case(program: Path, name: str, case_dir: Path, checks: Checks) -> None:
    runs = Runs(program, case_dir, checks)
    for comparison in COMPARISONS:
        if not possible(comparison, case_dir):
            continue
        want = runs(comparison.like, comparison.tiles)
        got = runs(comparison.layout, comparison.tiles, comparison.again)
        what = f"{name} {comparison.layout} against {comparison.like}"
        if want.problem or got.problem:
            checks.expect(False, f"{what} could not be compared")
            continue
        row, holds = table_row(name, comparison, got, want)
        print(row, flush=True)
        checks.expect(holds, what)


def main() -> int:
    arguments = program_and_cases(__doc__, ALL_CASES)
    checks = Checks()
    print("| model | layout | ranks | against | demanded | equal bits | PSNR dB "
          "| max diff. latents | max diff. video |")
    print("|---|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as scratch:
        for name in arguments.cases:
            case_dir = shapes_case.make(Path(scratch)) if name == "shapes" else DATA / name
            compare_case(arguments.program, name, case_dir, checks)
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
