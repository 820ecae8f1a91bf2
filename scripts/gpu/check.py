#!/usr/bin/env python3
"""Runs every part of the GPU check, one failing without the others; writes OUT/gpu_check.json and OUT/gpu_check.md.

scripts/gpu_check.sh builds first and starts this.
"""

import argparse
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import communication
import comparisons
import floors
import kernel_times
import parts
import profile_steps
import steps
import streaming
from context import Context
from gates import fused_verdict
from measured import Clock, Measured, Result

# In the order of their worth; LTX-2's part is small and goes before the checkpoint that takes its place. Each with the least
# seconds that it makes sense to begin it with, and the most that it may take: a part that hangs leaves the others their time.
# The budget ends the check, not the sum of these.
PARTS: dict[str, tuple[Callable[[Context], Result], float, float]] = {
    "machine": (parts.machine, 5, 30),
    "start": (parts.start, 5, 60),
    "begin_ltx2": (parts.begin_ltx2, 40, 5),
    "unit_tests": (parts.unit_tests, 10, 60),
    "checkpoint_ltx2": (parts.checkpoint_ltx2, 10, 60),
    "floors": (floors.floors, 15, 60),
    "steps_ltx2": (steps.ltx2, 30, 120),
    "begin_hunyuan15": (parts.begin_hunyuan15, 40, 5),
    "reference": (comparisons.reference, 20, 50),
    "checkpoint": (parts.checkpoint, 20, 90),
    "steps": (steps.small, 60, 230),
    "steps_long": (steps.long, 60, 120),
    "profile": (profile_steps.hunyuan15, 20, 70),
    "streaming": (streaming.streaming, 25, 75),
    "kernel_times": (kernel_times.kernel_times, 15, 40),
    "streaming_shared": (streaming.streaming_shared, 20, 60),
    "layouts": (comparisons.layouts, 30, 60),
    "overlap": (communication.overlap, 1, 30),
    "collectives": (communication.collectives, 20, 40),
    "devices_agree": (comparisons.devices_agree, 20, 40),
    "profile_ltx2": (profile_steps.ltx2, 20, 60),
    "steps_large": (steps.large, 60, 150),
    "steps_compiled": (steps.compiled, 60, 200),
}
# For a second call, since the first has no time for them: `--parts machine,floors,checkpoint_ltx2,profile_ltx2,checkpoint,steps_large,...`.
ON_DEMAND = ("profile_ltx2", "steps_large", "steps_compiled")


def cut_off(*_: object) -> NoReturn:
    """On a request to end: what was found is on the disk already, and what was started ends with this."""
    raise KeyboardInterrupt


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", choices=["cuda", "cpu"], default="cuda")
    parser.add_argument("--sizes", choices=["full", "tiny"], default="full", help="of the checkpoint and the videos")
    parser.add_argument("--build", type=Path, required=True, help="folder that holds kinema")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--work", type=Path, default=tempfile.gettempdir(), help="where large files lie until the end [%(default)s]")
    parser.add_argument("--budget", type=float, default=570, help="seconds for all parts [%(default)s]")
    parser.add_argument("--parts", default=",".join(name for name in PARTS if name not in ON_DEMAND), help=f"[%(default)s]; also {', '.join(ON_DEMAND)}")
    parser.add_argument("--build-failed", default="", metavar="REASON", help="noted as the part `build`")
    parser.add_argument("--build-told", default="", metavar="TEXT", help="likewise, of a build that is there")
    arguments = parser.parse_args()
    unknown = set(arguments.parts.split(",")) - PARTS.keys()
    if unknown:
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    clock = Clock(arguments.budget)
    signal.signal(signal.SIGTERM, cut_off)
    arguments.work.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix="gpu-check.", dir=arguments.work))
    os.environ["TORCHINDUCTOR_CACHE_DIR"] = str(work / "inductor")  # it is made even where nothing is compiled
    context = Context(arguments.device, arguments.sizes, arguments.build.resolve(), work, arguments.out, clock)
    measured = Measured(arguments.out, clock, arguments.device)
    if arguments.build_failed:
        measured.add("build", {"status": "failed", "reason": arguments.build_failed})
    elif arguments.build_told:
        measured.add("build", {"status": "ok", "reason": arguments.build_told})
    try:
        for name in arguments.parts.split(","):
            part, least, most = PARTS[name]
            if arguments.sizes == "tiny":
                least, most = 1, arguments.budget
            measured.run(name, lambda: part(context), least, most)
        if "steps" in measured.parts and len(context.kernels) > 1:
            measured.run("fused_default", lambda: fused_verdict(measured.parts), 0, 1)
    finally:
        context.end_everything()
        print(measured.text(), flush=True)
        shutil.rmtree(work, ignore_errors=True)
    return 1 if measured.failed() else 0


if __name__ == "__main__":
    sys.exit(main())
