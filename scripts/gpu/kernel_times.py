"""Every fused kernel beside single operators, at published sizes."""

import json

from context import Context
from measured import Failure, Result, Skip
from program import run


def kernel_times(context: Context) -> Result:
    """Microseconds of a call, and what the kernel moves of what it must."""
    program = context.build / "tests" / "fused" / "fused_test"
    if context.device != "cuda" or not program.exists():
        raise Skip("fused_test is not built" if context.device == "cuda" else "there are no kernels of ours on a CPU")
    finished = run([str(program), "[times]"], context.clock.limit(60))
    rows = [json.loads(line) for line in finished.output.splitlines() if line.startswith("{")]
    if finished.status != 0 or not rows:
        raise Failure(finished.last_line(), {"rows": rows})
    return {"rows": [row | {"ratio": round(row["operators_us"] / row["fused_us"], 2)} for row in rows]}
