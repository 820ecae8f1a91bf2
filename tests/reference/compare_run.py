#!/usr/bin/env python3
"""Runs `kinema generate` on reference cases and compares what it computed with diffusers, untiled
and tiled.

compare_run.py tests/data/hunyuan15/t2v tests/data/hunyuan15/i2v
compare_run.py --held-out ltx2 10 --seed 5       random cases of a family made on the spot
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import reference_environment  # noqa: F401

import torch
from safetensors.torch import load_file

from kinema_program import (
    DEFAULT_PROGRAM,
    generate_arguments,
    read_case,
    run_program,
    stage_arguments,
)
from tensor_comparison import Row, compare_all

TOLERANCE = 1e-4
EXACT = {"latents_initial", "audio_latents_initial"}
REQUIRED = {
    "hunyuan15": ["prompt_embeds", "latents_initial", "noise_pred_0", "latents_final", "video"],
}
REQUIRED["ltx2"] = [
    *REQUIRED["hunyuan15"],
    *["audio_latents_initial", "audio_latents_final", "audio"],
]
# Compared where the program stores them.
OPTIONAL = [
    "prompt_embeds_2",
    "negative_prompt_embeds",
    "negative_prompt_embeds_2",
    "image_embeds",
    "cond_latents",
    "audio_noise_pred_0",
]

Tensors = dict[str, torch.Tensor]


def expected_tensors(reference: Tensors, required: list[str], tiled: bool) -> Tensors:
    """What the run must give; tiling changes the decode, and with a picture everything that follows
    its encoding."""
    want = {name: reference[name] for name in [*required, *OPTIONAL] if name in reference}
    if tiled:
        want["video"] = reference.get("video_tiled", reference.get("video_tiled_decode_only"))
        for name in want:
            want[name] = reference.get(f"{name}_tiled", want[name])
    return {
        name: tensor for name, tensor in want.items() if tensor is not None and tensor.numel() > 0
    }


def compare_once(
    program: Path, case_dir: Path, case: dict[str, Any], tiled: bool, extra: list[str]
) -> list[Row]:
    with tempfile.TemporaryDirectory() as scratch:
        out = Path(scratch)
        command = [
            str(program),
            "generate",
            *generate_arguments(case_dir, case, tiled, out),
            *extra,
        ]
        finished = run_program(command)
        if finished.status != 0:
            print(finished.messages, file=sys.stderr)
            return [
                Row("kinema generate", float("nan"), 0.0, f"ended with status {finished.status}")
            ]
        got = load_file(out / "tensors.safetensors")
    required = REQUIRED[case["family"]]
    want = expected_tensors(load_file(case_dir / "expected.safetensors"), required, tiled)
    want = {name: tensor for name, tensor in want.items() if name in required or name in got}
    # A picture's latents are computed, not drawn.
    exact = EXACT if case["variant"] == "t2v" or case["family"] == "hunyuan15" else set()
    return compare_all(got, want, TOLERANCE, exact)


def compare_second_stage(
    program: Path, case_dir: Path, case: dict[str, Any], extra: list[str]
) -> list[Row]:
    """Two runs, of which the second starts from the first one's latents."""
    with tempfile.TemporaryDirectory() as scratch:
        out = Path(scratch)
        for flags in stage_arguments(case_dir, case, out):
            finished = run_program([str(program), "generate", *flags, *extra])
            if finished.status != 0:
                print(finished.messages, file=sys.stderr)
                problem = f"ended with status {finished.status}"
                return [Row("kinema generate", float("nan"), 0.0, problem)]
        got = load_file(out / "tensors.safetensors")
    reference = load_file(case_dir / "expected.safetensors")
    names = ["latents_initial", "audio_latents_initial", "video", "audio"]
    return compare_all(got, {name: reference[f"second_{name}"] for name in names}, TOLERANCE)


def compare_case(program: Path, case_dir: Path, extra: list[str]) -> bool:
    case = read_case(case_dir)
    ok = True
    for tiled in [False, True] if case["tiling"] else [False]:
        size = f"{case['width']}x{case['height']}x{case['num_frames']}"
        tiling = "tiled" if tiled else "untiled"
        print(f"{case_dir.name}: {case['variant']} {size} {tiling}, {case['prompt'][:40]!r}")
        rows = compare_once(program, case_dir, case, tiled, extra)
        for row in rows:
            print(row)
        ok = ok and all(row.ok for row in rows)
    if case.get("second_stage"):
        print(f"{case_dir.name}: second stage, {case['second_stage']['scale']} times as large")
        rows = compare_second_stage(program, case_dir, case, extra)
        for row in rows:
            print(row)
        ok = ok and all(row.ok for row in rows)
    return ok


@contextmanager
def held_out_cases(
    name: str, count: int, seed: int, keep: Path | None
) -> Iterator[Iterator[Path]]:
    """Makes the cases one after the other; each is gone when the next is asked for unless `keep`
    names a folder."""
    from cases import make_case
    from families import family

    reference_environment.settle_torch()
    kind = family(name)
    with tempfile.TemporaryDirectory() as scratch:

        def cases() -> Iterator[Path]:
            for index in range(count):
                spec = kind.held_out_spec(seed, index)
                directory = (keep or Path(scratch)) / (spec.name if keep else "held_out")
                make_case(kind, spec, directory)
                yield directory

        yield cases()


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("cases", nargs="*", type=Path, help="case folders")
    parser.add_argument(
        "--held-out",
        nargs=2,
        action="append",
        default=[],
        metavar=("FAMILY", "N"),
        help="also N random cases of a family",
    )
    parser.add_argument("--seed", type=int, default=0, help="of the random cases")
    parser.add_argument("--keep", type=Path, help="folder in which the random cases stay")
    parser.add_argument(
        "--kinema", type=Path, default=DEFAULT_PROGRAM, help="the program [%(default)s]"
    )
    parser.add_argument(
        "--extra", action="append", default=[], metavar="FLAG", help="one more flag for each run"
    )
    arguments = parser.parse_args()
    if not arguments.cases and not arguments.held_out:
        parser.error("give case folders or --held-out")
    if not arguments.kinema.exists():
        parser.error(f"there is no program at {arguments.kinema}")
    failed = [
        case
        for case in arguments.cases
        if not compare_case(arguments.kinema, case, arguments.extra)
    ]
    count = len(arguments.cases)
    for name, number in arguments.held_out:
        count += int(number)
        with held_out_cases(name, int(number), arguments.seed, arguments.keep) as cases:
            for index, case in enumerate(cases):
                if not compare_case(arguments.kinema, case, arguments.extra):
                    failed.append(Path(f"held-out case {index} of {name}, seed {arguments.seed}"))
    for case in failed:
        print(f"MISMATCH: {case}")
    print(f"{count - len(failed)} passed, {len(failed)} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
