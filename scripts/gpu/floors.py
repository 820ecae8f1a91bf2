"""The floors of the steps that are timed, as this device reaches them, and what the published peak would give."""

import json
import sys

from context import HERE, HUNYUAN15, LTX2, Context, Size, Subject
from measured import Failure, Result
from program import must

# Dense bfloat16 by the data sheet of an H100 or H200; what is measured here is beside it.
PUBLISHED_PEAK = 989e12
MEASURED = [(HUNYUAN15, "small"), (HUNYUAN15, "long"), (HUNYUAN15, "large"), (LTX2, "small")]


def key(subject: Subject, size: Size) -> str:
    return f"{subject.family} {size}"


def floors(context: Context) -> Result:
    """Matrix products and attentions of a step of every listed size, alone."""
    plans, names = [], []
    for subject, which in MEASURED:
        size = context.size(subject, which)
        layers = subject.layers if context.sizes == "full" else None
        plans.append({"family": subject.family, "sizes": context.sizes, "layers": layers, "video": [size.width, size.height, size.frames]})
        names.append(key(subject, size))
    out = context.work / "floors.json"
    missing = ""
    try:
        must([sys.executable, str(HERE / "time_floor.py"), context.device, json.dumps(plans), str(out)], context.clock.limit(90))
    except Failure as failure:
        missing = str(failure)  # those before it are there
    if not out.exists():
        raise Failure(missing)
    rows: list[Result] = []
    operations: list[Result] = []
    for name, found in zip(names, json.loads(out.read_text(encoding="utf-8"))):
        rows.append({"step": name, "floor_s": found["floor_s"], "TFLOP": found["flops"] / 1e12, "TFLOP_per_s": found["flops"] / found["floor_s"] / 1e12})
        operations += [{"step": name, **operation} for operation in found["operations"]]
    (context.work / "floor_of.json").write_text(json.dumps({row["step"]: row for row in rows}), encoding="utf-8")
    result: Result = {"rows": rows, "tables": {"operations": operations}}
    if missing:
        raise Failure(missing, result)
    return result


def floor_of(context: Context, subject: Subject, size: Size) -> Result | None:
    path = context.work / "floor_of.json"
    return json.loads(path.read_text(encoding="utf-8")).get(key(subject, size)) if path.exists() else None


def shares(floor: Result | None, step_s: float) -> Result:
    """Of the time of a step: what the floor is of it, and what its arithmetic would be at the published peak."""
    if floor is None:
        return {}
    rate = floor["TFLOP"] * 1e12 / step_s
    return {"share_of_floor": round(floor["floor_s"] / step_s, 3), "share_of_peak": round(rate / PUBLISHED_PEAK, 3), "TFLOP_per_s": round(rate / 1e12, 1)}
