#!/usr/bin/env python3
"""Times a step's naked matrix products and attentions in bfloat16 through LibTorch, on random values.

usage: time_floor.py DEVICE PLAN_JSON OUT     PLAN: [{"family", "sizes", "layers", "video": [width, height, frames]}]
Writes to OUT a list, one entry a plan: its operations with their times, their sum for a step (`floor_s`), and FLOP.
"""

import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch.nn.attention import SDPBackend, sdpa_kernel

from work import Attention, Operation, Product, step_work, total_flops

# Repeated until so many seconds have passed: a GPU lowers its clock after the first tenths of heavy work.
AT_LEAST = {"cuda": 0.25, "cpu": 0.02}
BACK_ENDS = {"cuda": {"cuDNN": SDPBackend.CUDNN_ATTENTION, "flash": SDPBackend.FLASH_ATTENTION}, "cpu": {"flash": SDPBackend.FLASH_ATTENTION}}


def seconds_of(call: Callable[[], Any], device: str) -> float:
    """The median of single calls."""
    for _ in range(3):
        call()
    found: list[float] = []
    end = time.monotonic() + AT_LEAST[device]
    while len(found) < 5 or time.monotonic() < end:
        if device == "cuda":
            before, after = (torch.cuda.Event(enable_timing=True) for _ in range(2))
            before.record()
            call()
            after.record()
            after.synchronize()
            found.append(before.elapsed_time(after) / 1e3)
        else:
            start = time.perf_counter()
            call()
            found.append(time.perf_counter() - start)
    return statistics.median(found)


def random(device: str, *shape: int) -> torch.Tensor:
    """Zeros would be multiplied faster than real values are."""
    return torch.randn(shape, device=device, dtype=torch.bfloat16)


def time_product(product: Product, device: str) -> tuple[float, str]:
    x, weight = random(device, product.rows, product.into), random(device, product.out, product.into)
    bias = random(device, product.out)
    return seconds_of(lambda: torch.nn.functional.linear(x, weight, bias), device), "cuBLAS" if device == "cuda" else "oneDNN"


def time_attention(attention: Attention, device: str) -> tuple[float, str]:
    """By the fastest that takes it."""
    query = random(device, 1, attention.queries, attention.heads, attention.width).transpose(1, 2)
    key, value = (random(device, 1, attention.keys, attention.heads, attention.width).transpose(1, 2) for _ in range(2))
    found: list[tuple[float, str]] = []
    for name, back_end in BACK_ENDS[device].items():
        try:
            with sdpa_kernel(back_end):
                found.append((seconds_of(lambda: torch.nn.functional.scaled_dot_product_attention(query, key, value), device), name))
        except RuntimeError as error:
            print(f"{name}: {error}", file=sys.stderr)
    return min(found)


def row(operation: Operation, device: str) -> dict[str, Any]:
    seconds, by = (time_product if isinstance(operation, Product) else time_attention)(operation, device)  # type: ignore[operator]
    rate = operation.flops() / operation.calls / seconds / 1e12
    return {"operation": operation.kind, "shape": str(operation), "by": by, "calls": operation.calls, "ms": round(seconds * 1e3, 4), "TFLOP_per_s": round(rate, 1)}


def main() -> None:
    device, plans, out = sys.argv[1], json.loads(sys.argv[2]), Path(sys.argv[3])
    torch.set_grad_enabled(False)
    found = []
    for plan in plans:
        work = step_work(plan["family"], plan["sizes"], plan["layers"], tuple(plan["video"]))
        rows = [row(operation, device) for operation in work]
        floor = sum(one["ms"] * one["calls"] for one in rows) / 1e3
        found.append({**plan, "operations": rows, "floor_s": floor, "flops": total_flops(work)})
        out.write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main()
