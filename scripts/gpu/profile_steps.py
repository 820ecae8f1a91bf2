"""From the start of the process to the end of the first step, and the kernels that take longest in the second."""

import os
from dataclasses import replace
from pathlib import Path

from context import HUNYUAN15, LTX2, Context, Subject
from measured import Failure, Result
from program import Metrics, generate


def hunyuan15(context: Context) -> Result:
    return profiled(context, HUNYUAN15)


def ltx2(context: Context) -> Result:
    return profiled(context, LTX2)


def profiled(context: Context, subject: Subject) -> Result:
    """First with the files out of memory, then with them in it; by turns with each kind of kernels."""
    context.diffusers.close()  # its memory would be counted
    size = replace(context.size(subject, "small"), steps=2)
    rows: list[Result] = []
    tables: dict[str, list[Result]] = {"kernels": [], "components": []}
    kinds = context.kernels * 2 if len(context.kernels) == 1 else context.kernels
    for files, kernels in zip(("cold", "warm"), kinds):
        if files == "cold":
            forget(context.checkpoint(subject))
        row: Result = {"files": files, "kernels": kernels}
        rows.append(row)
        trace = context.work / "trace.json"
        try:
            metrics = generate(context.program, [*context.job(subject, size, kernels), f"--trace={trace}", "--overwrite"], context.clock.limit(120)).metrics
        except Failure as failure:
            row["failed"] = str(failure)
            continue
        row |= start_row(metrics)
        tables["components"] += [component_row(files, name, found) for _, name, found in loads(metrics)]
        if files == "cold" or kinds[0] != kernels:
            tables["kernels"] += kernel_rows(kernels, metrics)
    result: Result = {"rows": rows, "tables": tables}
    if failed := [row["failed"] for row in rows if "failed" in row]:
        raise Failure("; ".join(failed), result)
    return result


def loads(metrics: Metrics) -> list[tuple[str, str, Result]]:
    return [(stage, name, found) for stage, measures in metrics["stages"].items() for name, found in measures.get("loads", {}).items()]


def start_row(metrics: Metrics) -> Result:
    """What comes after the first step is taken off the whole run."""
    stages = metrics["stages"]
    steps = stages["denoise"]["step_seconds"]
    last = sum(found["exposed_seconds"] for stage, name, found in loads(metrics) if (stage, name) in (("load", "vae"), ("load", "audio_vae"), ("load", "vocoder")))
    after = last + sum(steps[1:]) + sum(found["seconds"] for name, found in stages.items() if name.startswith("decode") or name == "write")
    return {
        "start_to_first_step_s": round(metrics["seconds"] - after, 3),
        "taking_weights_s": round(sum(found["exposed_seconds"] for _, _, found in loads(metrics)), 3),
        "first_step_s": round(steps[0], 3),
    }


def component_row(files: str, name: str, found: Result) -> Result:
    """Exposed: in which the program did nothing else. Beside: while it worked. Ahead: of the thread that reads files into memory."""
    exposed, beside, gigabytes = found["exposed_seconds"], found.get("beside_seconds", 0.0), found["bytes"] / 1e9
    row: Result = {"files": files, "component": name, "GB": round(gigabytes, 3), "exposed_s": round(exposed, 3), "beside_s": round(beside, 3)}
    row["GB_per_s"] = round(gigabytes / max(exposed + beside, 1e-6), 1)
    if found["ahead_bytes"]:
        row |= {"ahead_s": round(found["ahead_seconds"], 3), "was_in_memory": round(found["cached_bytes"] / found["ahead_bytes"], 2)}
    return row


def kernel_rows(kind: str, metrics: Metrics) -> list[Result]:
    return [
        {"kernels": kind, "stage": stage, "kernel": one["name"][:100], "calls": one["calls"], "ms": round(one["seconds"] * 1e3, 3)}
        for stage in ("denoise", "decode")
        for one in metrics["stages"][stage].get("kernels", [])
    ]


def forget(folder: Path) -> None:
    """Has the system drop what it holds of the files."""
    for path in folder.glob("**/*.safetensors"):
        with path.open("rb") as file:
            os.fsync(file.fileno())
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
