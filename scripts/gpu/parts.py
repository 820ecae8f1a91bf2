"""The parts of a check. Each is a function of the Context that returns what it found."""

import itertools
import json
import os
import platform
import shutil
import sys
import time
from pathlib import Path

from context import CASES, HERE, HUNYUAN15, LTX2, PROMPT, Context, Subject
from measured import Failure, Result, Skip
from program import begin, end, generate, must, run


def machine(context: Context) -> Result:
    """What the figures were measured on."""
    found: Result = {"date": time.strftime("%Y-%m-%d"), "command": f"scripts/gpu/check.py {' '.join(sys.argv[1:])}"}
    found |= {"host": platform.platform(), "cores": os.cpu_count(), "python": platform.python_version()}
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


def start(context: Context) -> Result:
    """That the program runs on this device at all, with each kind of kernels, on the smallest checkpoint of each family."""
    found: Result = {"built": json.loads(must([str(context.program), "version", "--json"], 30).output), "rows": []}
    for family, kernels in itertools.product(("hunyuan15", "ltx2"), context.kernels):
        row: Result = {"family": family, "kernels": kernels}
        found["rows"].append(row)
        flags = [f"--model={CASES.parent / family / 't2v' / 'model'}", f"--prompt={PROMPT}", "--width=96", "--height=64", "--num-frames=9", "--steps=2", "--seed=1"]
        flags += [f"--device={context.device}", f"--kernels={kernels}", *(["--no-audio"] if family == "ltx2" else [])]
        try:
            row["seconds"] = round(generate(context.program, flags, context.clock.limit(60)).seconds, 2)
        except Failure as failure:
            row |= {"failed": str(failure), "output": failure.result.get("output", "")}
    if failed := [row["failed"] for row in found["rows"] if "failed" in row]:
        raise Failure("; ".join(failed), found)
    return found


def unit_tests(context: Context) -> Result:
    """The test programs that can use a GPU."""
    rows: list[Result] = []
    for name, only in (("fused", []), ("nccl", []), ("nccl_watch", []), ("parallel", ["[gpu]"])):
        program = context.build / "tests" / name / f"{name}_test"
        if not program.exists():
            rows.append({"test": name, "result": "not built"})
            continue
        try:
            finished = run([str(program), *only], context.clock.limit(120))
        except Failure as failure:
            rows.append({"test": name, "result": "FAILED", "skipped": "", "end": str(failure)})
            continue
        skipped = [line for line in finished.output.splitlines() if line.startswith("skipped: ")]
        rows.append({"test": name, "result": "ok" if finished.status == 0 else "FAILED", "skipped": "; ".join(skipped), "end": finished.last_line()})
    if not any(row["result"] in ("ok", "FAILED") for row in rows):
        raise Skip("no test program was built")
    if any(row["result"] == "FAILED" for row in rows):
        raise Failure("a test failed", {"rows": rows})
    return {"rows": rows}


def begin_ltx2(context: Context) -> Result:
    """Begins to write LTX-2's checkpoint, fewer blocks and text layers than published, while tests run whose times do not matter."""
    return begin_writing(context, LTX2)


def begin_hunyuan15(context: Context) -> Result:
    """Likewise HunyuanVideo 1.5's, all of it, in the place of the other: a disk need not hold both."""
    return begin_writing(context, HUNYUAN15)


def checkpoint_ltx2(context: Context) -> Result:
    """A random checkpoint on this machine's disk."""
    return written(context, LTX2)


def checkpoint(context: Context) -> Result:
    """The same of the other family."""
    return written(context, HUNYUAN15)


def begin_writing(context: Context, subject: Subject) -> Result:
    context.diffusers.close()
    folder = context.work / "checkpoint"
    shutil.rmtree(folder, ignore_errors=True)
    flags = [f"--sizes={context.sizes}", f"--device={context.device}", f"--family={subject.family}"]
    flags += subject.checkpoint_flags if context.sizes == "full" else ()
    command = [sys.executable, str(HERE / "full_checkpoint.py"), str(folder / "model"), *flags]
    context.writing[subject.family] = begin(command)
    return {}


def written(context: Context, subject: Subject) -> Result:
    if subject.family not in context.writing:
        begin_writing(context, subject)
    finished = end(context.writing.pop(subject.family), context.clock.limit(240))
    (context.work / "checkpoint" / "done").write_text(subject.family, encoding="utf-8")
    return json.loads(finished.output.strip().splitlines()[-1])
