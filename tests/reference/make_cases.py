#!/usr/bin/env python3
"""Makes reference cases: tiny random checkpoints with what diffusers computes for them.

make_cases.py --out DIR                           the committed cases, made anew
make_cases.py --out DIR --case t2v --width 96     one of them with another call
make_cases.py --out DIR --held-out 6 --seed 3     six random ones
make_cases.py --check tests/data/hunyuan15        whether the reference still gives the same
"""

import argparse
import sys
from dataclasses import replace
from pathlib import Path

import reference_environment

from hunyuan15.checks import weights_without_effect
from hunyuan15.committed import COMMITTED
from hunyuan15.held_out import held_out_spec
from hunyuan15.make import make_case, open_picture
from hunyuan15.reproduce import check_checkpoint, check_expected
from hunyuan15.run import call_pipeline, load_pipeline
from hunyuan15.spec import CaseSpec

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
    parser.add_argument("--out", type=Path, help="folder for the cases")
    parser.add_argument(
        "--case", action="append", choices=sorted(COMMITTED), help="a committed case; repeatable"
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


def wanted_specs(arguments: argparse.Namespace) -> list[CaseSpec]:
    if arguments.held_out is not None:
        specs = [held_out_spec(arguments.seed or 0, index) for index in range(arguments.held_out)]
    else:
        specs = [COMMITTED[name] for name in arguments.case or sorted(COMMITTED)]
    changes = {
        name: getattr(arguments, name)
        for name in CALL_FLAGS
        if getattr(arguments, name) is not None
    }
    if arguments.held_out is None and arguments.seed is not None:
        changes["seed"] = arguments.seed
    return [replace(spec, call=replace(spec.call, **changes)) for spec in specs]


def make(spec: CaseSpec, directory: Path, thorough: bool) -> bool:
    print(f"{spec.name}: {directory}")
    problems = make_case(spec, directory, report=print)
    if thorough:
        pipeline, image = load_pipeline(directory / "model"), open_picture(directory)
        video = call_pipeline(pipeline, spec.call, image)
        problems += [
            f"no effect: {name}"
            for name in weights_without_effect(pipeline, spec.call, image, video)
        ]
    for problem in problems:
        print(f"  WEAK: {problem}")
    return not problems


def check(spec: CaseSpec, directory: Path) -> bool:
    print(f"{spec.name}: {directory}")
    rows = check_checkpoint(spec, directory) + check_expected(spec, directory)
    for row in rows:
        print(row)
    return all(row.ok for row in rows)


def main() -> int:
    arguments = parse_arguments()
    reference_environment.settle_torch()
    if arguments.check:
        results = [
            check(COMMITTED[name], arguments.check / name)
            for name in arguments.case or sorted(COMMITTED)
        ]
    else:
        results = [
            make(spec, arguments.out / spec.name, arguments.thorough)
            for spec in wanted_specs(arguments)
        ]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
