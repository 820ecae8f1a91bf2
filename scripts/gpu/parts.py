"""The parts of a check. Each is a function of the Context that returns what it found."""

import itertools
import json
import os
import platform
import shutil
import sys
from pathlib import Path
from typing import Any

from context import CALL, CASES, HERE, LARGE_SIZES, LTX2_CALL, LTX2_SIZES, SIZES, Context, Size, stage_rows
from measured import Failure, Result, Skip
from program import generate, must, run


def machine(context: Context) -> Result:
    """What the figures were measured on."""
    found: Result = {"host": platform.platform(), "cores": os.cpu_count(), "python": platform.python_version()}
    for name in ("MemTotal", "MemAvailable"):
        line = next(line for line in Path("/proc/meminfo").read_text().splitlines() if line.startswith(name))
        found[name] = line.split(":")[1].strip()
    found["disk_free_GB"] = round(shutil.disk_usage(context.work).free / 1e9, 1)
    versions = "import torch, json; print(json.dumps({'torch': torch.__version__, 'cuda': torch.version.cuda, 'nccl': torch.cuda.nccl.version() if torch.cuda.is_available() else None}))"
    found |= json.loads(must([sys.executable, "-c", versions], context.clock.limit(120)).output.strip().splitlines()[-1])
    if context.device == "cuda":
        query = "name,driver_version,memory.total,clocks.sm,clocks.mem,power.limit"
        found["gpus"] = must(["nvidia-smi", f"--query-gpu={query}", "--format=csv,noheader"], 30).output.strip().splitlines()
    return found


def unit_tests(context: Context) -> Result:
    """The test programs that can use a GPU, and the one that plays one."""
    rows: list[Result] = []
    for name, only in (("fused", []), ("nccl", []), ("nccl_watch", []), ("parallel", ["[gpu]"]), ("pipeline", [])):
        program = context.build / "tests" / name / f"{name}_test"
        if not program.exists():
            rows.append({"test": name, "result": "not built"})
            continue
        finished = run([str(program), *only], context.clock.limit(120))
        skipped = [line for line in finished.output.splitlines() if line.startswith("skipped: ")]
        rows.append({"test": name, "result": "ok" if finished.status == 0 else "FAILED", "skipped": "; ".join(skipped), "end": finished.output.strip().splitlines()[-1][-200:]})
    if not any(row["result"] in ("ok", "FAILED") for row in rows):
        raise Skip("no test program was built")
    if any(row["result"] == "FAILED" for row in rows):
        raise Failure("a test failed", {"rows": rows})
    return {"rows": rows}


# Parts of the published LTX-2: with all of it, the disk of a machine of this kind would be full. Steps are in proportion to the blocks.
LTX2_PART = ["--layers=16", "--text-layers=12"]


def checkpoint(context: Context) -> Result:
    """A random checkpoint of the published sizes on this machine's disk."""
    return written(context, [])


def checkpoint_ltx2(context: Context) -> Result:
    """LTX-2 in the place of HunyuanVideo 1.5, with fewer blocks and text layers than published."""
    return written(context, ["--family=ltx2", *(LTX2_PART if context.sizes == "full" else [])])


def written(context: Context, flags: list[str]) -> Result:
    folder = context.work / "checkpoint"
    shutil.rmtree(folder, ignore_errors=True)
    command = [sys.executable, str(HERE / "full_checkpoint.py"), str(folder / "model"), f"--sizes={context.sizes}", f"--device={context.device}", *flags]
    finished = must(command, context.clock.limit(240))
    (folder / "done").touch()
    made = json.loads(finished.output.strip().splitlines()[-1])
    return {**made, "GB_per_s": made["bytes"] / 1e9 / finished.seconds}


def full_size(context: Context) -> Result:
    """Load, text, step and decode times and peaks at each size, with each kind of kernels."""
    return timed(context, SIZES[context.sizes], CALL)


def full_size_large(context: Context) -> Result:
    """The largest video that is listed."""
    return timed(context, LARGE_SIZES[context.sizes], CALL)


def full_size_ltx2(context: Context) -> Result:
    """The same for what `checkpoint_ltx2` wrote, all four passes a step."""
    return timed(context, LTX2_SIZES[context.sizes], LTX2_CALL)


def timed(context: Context, sizes: list[Size], call: list[str]) -> Result:
    rows: list[Result] = []
    for size, kernels in itertools.product(sizes, context.kernels):
        flags = [f"--model={context.checkpoint}", *call, *size.flags(), f"--device={context.device}", "--dtype=bfloat16", f"--kernels={kernels}"]
        row: Result = {"size": str(size), "kernels": kernels}
        rows.append(row)
        try:
            done = generate(context.program, flags, context.clock.limit(180))
        except Failure as failure:
            row["failed"] = str(failure)
            continue
        row |= {"tokens": done.metrics.get("tokens"), **stage_rows(done.metrics), "whole_s": round(done.seconds, 2)}
        if size.ideal:
            row["share_of_ideal"] = round(size.ideal / row["step_s"], 3)
    if any("failed" in row for row in rows):
        raise Failure("a size failed", {"rows": rows})
    return {"rows": rows}


def case_folders(context: Context) -> list[Path]:
    """Cases made live where diffusers is installed, and each family's committed text-to-video one in any case."""
    found = [CASES / "t2v", CASES.parent / "ltx2" / "t2v"]
    made = context.work / "cases"
    if made.exists():  # an earlier part has made them, or tried
        return found + text_to_video_of(made)
    made.mkdir()
    command = [sys.executable, str(HERE.parents[1] / "tests" / "reference" / "make_cases.py"), "hunyuan15", "--out", str(made), "--held-out", "2", "--seed", "11"]
    if run([sys.executable, "-c", "import diffusers"], context.clock.limit(60)).status == 0:
        must(command, context.clock.limit(120))
    return found + text_to_video_of(made)


def text_to_video_of(folder: Path) -> list[Path]:
    """Finished cases without a picture, which a build without FFmpeg cannot read."""
    cases = sorted(path.parent for path in folder.glob("*/expected.safetensors"))
    return [case for case in cases if variant(case) == "t2v"]


def variant(folder: Path) -> Any:
    return json.loads((folder / "case.json").read_text(encoding="utf-8"))["variant"]
