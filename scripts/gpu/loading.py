"""From the start of the process to the end of the first step, with the files in memory and without."""

import os
from dataclasses import replace
from pathlib import Path

from context import CALL, SIZES, Context
from measured import Result
from program import generate


def load(context: Context) -> Result:
    """Each twice, in turn."""
    size = replace(SIZES[context.sizes][0], steps=1)
    flags = [f"--model={context.checkpoint}", *CALL, *size.flags(), f"--device={context.device}", "--dtype=bfloat16"]
    rows: list[Result] = []
    components: list[Result] = []
    for files in ("warm", "cold", "cold", "warm"):
        if files == "cold":
            forget(context.checkpoint)
        metrics = generate(context.program, flags, context.clock.limit(120)).metrics
        stages = metrics["stages"]
        loads = [(stage, name, found) for stage, measures in stages.items() for name, found in measures.get("loads", {}).items()]
        last = sum(found["exposed_seconds"] for stage, name, found in loads if (stage, name) == ("load", "vae"))
        after = last + sum(stages[stage]["seconds"] for stage in ("decode", "write"))
        rows.append(
            {
                "files": files,
                "start_to_first_step_s": round(metrics["seconds"] - after, 3),
                "taking_weights_s": round(sum(found["exposed_seconds"] for _, _, found in loads), 3),
                "step_s": round(stages["denoise"]["step_seconds"][0], 3),
            }
        )
        components += [component_row(files, name, found) for _, name, found in loads]
    return {"rows": rows, "tables": {"components": components}}


def component_row(files: str, name: str, found: Result) -> Result:
    """Exposed: in which the program did nothing else. Ahead: of the thread that reads files before they are needed."""
    row: Result = {"files": files, "component": name, "GB": round(found["bytes"] / 1e9, 3), "exposed_s": round(found["exposed_seconds"], 3)}
    row["GB_per_s"] = round(found["bytes"] / 1e9 / max(found["exposed_seconds"], 1e-6), 1)
    if found["ahead_bytes"]:
        row |= {"ahead_s": round(found["ahead_seconds"], 3), "was_in_memory": round(found["cached_bytes"] / found["ahead_bytes"], 2)}
    return row


def forget(folder: Path) -> None:
    """Has the system drop what it holds of the files."""
    for path in folder.glob("**/*.safetensors"):
        with path.open("rb") as file:
            os.fsync(file.fileno())
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
