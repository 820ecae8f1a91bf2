#!/usr/bin/env python3
"""Makes reference cases: tiny random checkpoints with what diffusers computes for them.

make_cases.py FAMILY --out DIR                           the committed cases, made anew
make_cases.py FAMILY --out DIR --case t2v --width 96     one of them with another call
make_cases.py FAMILY --out DIR --held-out 6 --seed 3     six random ones
make_cases.py FAMILY --check tests/data/FAMILY           whether the reference still gives the same
"""

import argparse
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import reference_environment

from case_checks import weights_without_effect
from case_files import open_picture
from cases import make_case
from families import NAMES, Family, family
from reproduce import check_checkpoint, check_expected

CALL_FLAGS = {
    "prompt": str,
    "negative_prompt": str,
    "height": int,
    "width": int,
    "num_frames": int,
    "num_inference_steps": int,
    "guidance_scale": float,
}


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("family", choices=NAMES)
    parser.add_argument("--out", type=Path, help="folder for the cases")
    parser.add_argument(
        "--case", action="append", help="a committed case [all of them]; repeatable"
    )
    parser.add_argument("--held-out", type=int, metavar="N", help="make N random cases")
    parser.add_argument("--seed", type=int, help="of the noise; with --held-out, of the series")
    for name, kind in CALL_FLAGS.items():
        parser.add_argument("--" + name.replace("_", "-"), type=kind)
    parser.add_argument(
        "--thorough", action="store_true", help="also check that every weight matters (minutes)"
    )
    parser.add_argument(
        "--check", type=Path, metavar="DIR", help="compare the committed cases in DIR"
    )
    arguments = parser.parse_args()
    if (arguments.out is None) == (arguments.check is None):
        parser.error("give either --out or --check")
    return arguments


def wanted_specs(kind: Family, arguments: argparse.Namespace) -> list[Any]:
    if arguments.held_out is not None:
        specs = [kind.held_out_spec(arguments.seed or 0, index) for index in range(arguments.held_out)]
    else:
        specs = [kind.committed[name] for name in arguments.case or sorted(kind.committed)]
    changes = {
        name: getattr(arguments, name)
        for name in CALL_FLAGS
        if getattr(arguments, name) is not None
    }
    if arguments.held_out is None and arguments.seed is not None:
        changes["seed"] = arguments.seed
    return [replace(spec, call=replace(spec.call, **changes)) for spec in specs]


def make(kind: Family, spec: Any, directory: Path, thorough: bool) -> bool:
    print(f"{spec.name}: {directory}")
    problems = make_case(kind, spec, directory, report=print)
    if thorough:
        pipeline, image = kind.load_pipeline(directory / "model"), open_picture(directory)
        call = kind.settle(spec).call
        problems += [
            f"no effect: {name}" for name in weights_without_effect(kind, pipeline, call, image)
        ]
    for problem in problems:
        print(f"  WEAK: {problem}")
    return not problems


def check(kind: Family, name: str, directory: Path) -> bool:
    print(f"{name}: {directory}")
    spec = kind.committed[name]
    rows = check_checkpoint(kind, spec, directory) + check_expected(kind, spec, directory)
    for row in rows:
        print(row)
    return all(row.ok for row in rows)


def main() -> int:
    arguments = parse_arguments()
    reference_environment.settle_torch()
    kind = family(arguments.family)
    if arguments.check:
        results = [
            check(kind, name, arguments.check / name)
            for name in arguments.case or sorted(kind.committed)
        ]
    else:
        results = [
            make(kind, spec, arguments.out / spec.name, arguments.thorough)
            for spec in wanted_specs(kind, arguments)
        ]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
