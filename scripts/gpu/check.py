#!/usr/bin/env python3
"""Runs every part of the GPU check, one failing without the others; writes OUT/gpu_check.json and OUT/gpu_check.md.

scripts/gpu_check.sh builds first and starts this.
"""

import argparse
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import beside
import communication
import comparisons
import kernels
import loading
import parts
import streaming
from context import Context
from measured import Clock, Measured, Result

# In the order of their worth, each with the least seconds that it makes sense to begin it with, and the most that it may
# take: a part that hangs leaves the others their time. The budget ends the check, not the sum of these.
PARTS: dict[str, tuple[Callable[[Context], Result], float, float]] = {
    "machine": (parts.machine, 5, 20),
    "unit_tests": (parts.unit_tests, 10, 60),
    "reference": (comparisons.reference, 20, 60),
    "checkpoint": (parts.checkpoint, 40, 90),
    "full_size": (parts.full_size, 30, 120),
    "beside_diffusers": (beside.beside_diffusers, 60, 150),
    "kernels": (kernels.kernels, 20, 40),
    "load": (loading.load, 20, 60),
    "streaming": (streaming.streaming, 20, 60),
    "checkpoint_ltx2": (parts.checkpoint_ltx2, 40, 60),
    "full_size_ltx2": (parts.full_size_ltx2, 20, 60),
    "beside_diffusers_ltx2": (beside.beside_diffusers_ltx2, 40, 90),
    "kernels_ltx2": (kernels.kernels_ltx2, 20, 40),
    "layouts": (comparisons.layouts, 30, 60),
    "overlap": (communication.overlap, 1, 30),
    "collectives": (communication.collectives, 20, 40),
    "devices_agree": (comparisons.devices_agree, 20, 40),
    "full_size_large": (parts.full_size_large, 60, 150),
}
# With these a call would take longer than ten minutes; this one wants `--parts checkpoint,full_size_large`.
ON_DEMAND = ("full_size_large",)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", choices=["cuda", "cpu"], default="cuda")
    parser.add_argument("--sizes", choices=["full", "tiny"], default="full", help="of the checkpoint and the videos")
    parser.add_argument("--build", type=Path, required=True, help="folder that holds kinema")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True, help="folder for large files, removed at the end")
    parser.add_argument("--budget", type=float, default=570, help="seconds for all parts [%(default)s]")
    parser.add_argument("--parts", default=",".join(name for name in PARTS if name not in ON_DEMAND), help=f"[%(default)s]; also {', '.join(ON_DEMAND)}")
    parser.add_argument("--build-failed", default="", metavar="REASON", help="noted as the part `build`")
    arguments = parser.parse_args()
    unknown = set(arguments.parts.split(",")) - PARTS.keys()
    if unknown:
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    clock = Clock(arguments.budget)
    arguments.work.mkdir(parents=True, exist_ok=True)
    context = Context(arguments.device, arguments.sizes, arguments.build.resolve(), arguments.work, arguments.out, clock)
    measured = Measured(arguments.out, clock, arguments.device)
    if arguments.build_failed:
        measured.add("build", {"status": "failed", "reason": arguments.build_failed})
    try:
        for name in arguments.parts.split(","):
            part, least, most = PARTS[name]
            if arguments.sizes == "tiny":
                least, most = 1, arguments.budget
            measured.run(name, lambda: part(context), least, most)
    finally:
        shutil.rmtree(arguments.work, ignore_errors=True)
        print(measured.write_markdown())
    return 1 if measured.failed() else 0


if __name__ == "__main__":
    sys.exit(main())
