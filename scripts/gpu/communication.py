"""What operations between processes carry, how long they take, and how much of that computing hides."""

import itertools
import json
import subprocess
from typing import Any

from context import Context
from measured import Failure, Result, Skip
from program import Metrics, must


def gpus() -> int:
    """That programs can use here."""
    try:
        listed = subprocess.run(["nvidia-smi", "-L"], capture_output=True, text=True, timeout=30, check=False).stdout
    except OSError:
        return 0
    return sum(line.startswith("GPU ") for line in listed.splitlines())


def transports(context: Context) -> list[tuple[str, int]]:
    """Gloo between processes that share the device; NCCL with one process, and with one for each of several GPUs."""
    there = gpus() if context.device == "cuda" else 0
    return [("gloo", 2), ("gloo", 4), *(("nccl", ranks) for ranks in (1, 2, 4, 8) if ranks <= there)]


def collectives(context: Context) -> Result:
    """Bytes and time of each operation."""
    tool = context.tool("comm/collective_times")
    sizes = "1048576,16777216,134217728" if context.sizes == "full" else "65536,1048576"
    rows: list[Result] = []
    problems = []
    for transport, ranks in transports(context):
        out = context.work / f"{transport}{ranks}.json"
        command = [str(tool), "--device", context.device, "--transport", transport, "--ranks", str(ranks), "--bytes", sizes, "--out", str(out)]
        try:
            must(command, context.clock.limit(60))
            rows += json.loads(out.read_text(encoding="utf-8"))
        except Failure as failure:
            problems.append(f"{transport} with {ranks}: {failure}")
    if problems:
        raise Failure("; ".join(problems), {"rows": rows})
    return {"rows": rows}


def group_rows(layout: str, metrics: Metrics) -> list[Result]:
    """What each kind of group did while denoising, on all ranks together."""
    stages = [rank["stages"].get("denoise", {}) for rank in metrics["ranks"]]
    pairs = [(group.split("/")[0], group, stage) for stage in stages for group in stage.get("communication", {})]
    rows: list[Result] = []
    for kind, found in itertools.groupby(sorted(pairs, key=lambda pair: pair[0]), key=lambda pair: pair[0]):
        used = [(stage["communication"][group], stage["bytes_sent"][group]) for _, group, stage in found]
        seconds, exposed = (sum(times[key] for times, _ in used) for key in ("seconds", "exposed_seconds"))
        rows.append({
            "layout": layout,
            "group": kind,
            "operations": sum(times["operations"] for times, _ in used),
            "bytes_sent": sum(sent for _, sent in used),
            "seconds": seconds,
            "exposed_s": exposed,
            "hidden_%": round(100 * (1 - exposed / seconds), 1) if seconds else 0.0,
        })
    return rows


def keep(context: Context, rows: list[Result]) -> None:
    """For the part below."""
    (context.work / "communication.json").write_text(json.dumps(rows), encoding="utf-8")


def overlap(context: Context) -> Result:
    """The share of communication that computing hid in each of the layouts, by kind of group."""
    kept = context.work / "communication.json"
    if not kept.exists():
        raise Skip("no layout was run: the layouts part says why")
    rows: list[dict[str, Any]] = json.loads(kept.read_text(encoding="utf-8"))
    if not rows:
        raise Failure("no layout told of its communication")
    return {"rows": rows}
