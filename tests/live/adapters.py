#!/usr/bin/env python3
"""Runs the program with random LoRA files in several spellings: against diffusers on a checkpoint
whose weights torch has added them to; in layouts and homes of weights, whose bits must be those of
the layout that keeps its weights; and with what is refused.

adapters.py PROGRAM [hunyuan15/t2v] [ltx2/i2v] ...
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from layout_runs import Layout, Run, Tensors, expect_same_bits, run_layout
from live_checks import DATA, Checks, program_and_cases

import lora_files
import reference_environment
import torch
from case_files import open_picture
from families import family
from safetensors.torch import save_file

TOLERANCE = 1e-4
ALL_CASES = ["hunyuan15/t2v", "ltx2/i2v"]
SCALES = (0.7, -0.4, 1.0)

ONE, CFG, TENSOR = Layout(), Layout(cfg=2), Layout(tensor=2)
# Each with the layout that has the same arithmetic and keeps every block.
STREAMED = [
    (ONE, ("--offload=block",)),
    (ONE, ("--offload=disk", "--stream-slots=2")),
    (CFG, ("--use-hsdp", "--hsdp-shard-size=2")),
    (CFG, ("--use-hsdp", "--hsdp-shard-size=2", "--offload=block")),
    (Layout(tensor=2, ulysses=2), ("--use-hsdp", "--hsdp-shard-size=2")),
]


def random_files(case: str, model: Path) -> list[Tensors]:
    """PEFT's names for most layers, the original repository's for some, kohya's for others."""
    weights = lora_files.weights_of(model, "transformer")
    everything = lora_files.Draw(seed=11, rank=4, share=0.7).factors(weights, lambda layer: True)
    blocks = lora_files.Draw(seed=12, rank=3, dtype=torch.bfloat16).factors(
        weights, lambda layer: ".ff." in layer or "to_out" in layer
    )
    draw = lora_files.Draw(seed=13, rank=2)
    is_ltx2 = case.startswith("ltx2")
    original = lora_files.original_ltx2 if is_ltx2 else lora_files.original_hunyuan15
    return [
        lora_files.as_peft(everything),
        original(model, draw),
        lora_files.as_kohya(blocks, alpha=1.5),
    ]


def reference(case: str, model: Path, files: list[Tensors], scratch: Path) -> Tensors:
    """What diffusers gives with the files in the transformer's weights."""
    name, variant = case.split("/")
    kind = family(name)
    added = [
        (lora_files.in_diffusers_names(file, name), scale)
        for file, scale in zip(files, SCALES, strict=True)
    ]
    lora_files.merged_model(model, added, scratch / "merged")
    reference_environment.settle_torch()
    spec = kind.settle(kind.committed[variant])
    pipeline = kind.load_pipeline(scratch / "merged")
    return kind.outputs(pipeline, spec.call, open_picture(model.parent))


def difference(got: torch.Tensor, want: torch.Tensor) -> float:
    if got.shape != want.shape:
        return float("inf")
    return float((got.double() - want.double()).abs().max() / max(1.0, float(want.abs().max())))


def check_case(checks: Checks, program: Path, case: str, scratch: Path) -> None:
    directory = DATA / case
    model = directory / "model"
    files = random_files(case, model)
    flags = []
    for index, (file, scale) in enumerate(zip(files, SCALES, strict=True)):
        path = scratch / f"{index}.safetensors"
        save_file(file, path)
        flags += ["--lora", str(path), *([] if scale == 1 else [str(scale)])]
    want = reference(case, model, files, scratch)
    whole: dict[Layout, Run] = {}
    plain = run_layout(program, directory, ONE, None)
    for layout in (ONE, CFG, TENSOR, Layout(tensor=2, ulysses=2)):
        run = whole[layout] = run_layout(program, directory, layout, None, flags)
        if not checks.expect(not run.problem, f"{case}, {layout}: {run.problem}"):
            return
        for key, tensor in want.items():
            off = difference(run.tensors[key], tensor)
            checks.expect(off < TOLERANCE, f"{case}, {layout}: {key} is off by {off:.1e}")
            moved = difference(run.tensors[key], plain.tensors[key])
            checks.expect(moved > 100 * TOLERANCE, f"{case}: {key} has moved by {moved:.1e} only")
    expect_same_bits(checks, f"{case}, {CFG}", whole[CFG], whole[ONE])
    for layout, more in STREAMED:
        run = run_layout(program, directory, layout, None, [*flags, *more])
        expect_same_bits(checks, f"{case}, {layout} {' '.join(more)}", run, whole[layout])
    nothing = run_layout(program, directory, ONE, None, ["--lora", flags[1], "0"])
    expect_same_bits(checks, f"{case}, scale 0", nothing, plain)
    listed = whole[ONE].metrics["job"]["lora"]
    checks.expect([one["scale"] for one in listed] == list(SCALES), f"{case}: metrics say {listed}")


def check_refusals(checks: Checks, program: Path, scratch: Path) -> None:
    model = DATA / "hunyuan15" / "t2v" / "model"
    path = scratch / "style.safetensors"
    command = [str(program), "plan", f"--model={model}", "-p", "a fox", "--lora", str(path)]
    factors = {
        "lora_A.weight": torch.zeros(2, 64),
        "lora_B.weight": torch.zeros(64, 2),
    }
    good = {f"transformer_blocks.0.attn.to_q.{name}": tensor for name, tensor in factors.items()}
    stray = {f"lora_te_text_model.{name}": tensor.clone() for name, tensor in factors.items()}
    for file, more, status, said in [
        (good | stray, [], 4, "2 of 4 keys match no layer"),
        (good | stray, ["--lora-ignore-unmatched"], 0, ""),
        (stray, ["--lora-ignore-unmatched"], 4, "2 of 2 keys match no layer"),
        ({"a.weight": torch.zeros(2, 2)}, [], 4, "holds no low-rank adapters"),
    ]:
        save_file(file, path)
        done = subprocess.run([*command, *more], capture_output=True, text=True, check=False)
        where = f"{sorted(file)} {more}"
        checks.expect(done.returncode == status, f"{where}: ended with status {done.returncode}")
        checks.expect(said in done.stderr, f"{where}: said {done.stderr}")
    save_file(good, path)
    shown = subprocess.run([str(program), "inspect", str(path), "--json"], capture_output=True)
    checks.expect(json.loads(shown.stdout)["kind"] == "lora", "inspect does not tell a LoRA file")


def main() -> int:
    arguments = program_and_cases(__doc__, ALL_CASES)
    checks = Checks()
    for case in arguments.cases:
        with tempfile.TemporaryDirectory() as scratch:
            check_case(checks, arguments.program, case, Path(scratch))
    with tempfile.TemporaryDirectory() as scratch:
        check_refusals(checks, arguments.program, Path(scratch))
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
