#!/usr/bin/env python3
"""Checks the reference tools themselves: that comparisons can fail, that weak cases are found, that
fixtures reproduce."""

import json
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import reference_environment

import torch

from hunyuan15.committed import COMMITTED, T2V
from hunyuan15.held_out import held_out_spec
from hunyuan15.make import make_case, settle_size
from hunyuan15.prompts import PROMPTS
from hunyuan15.reproduce import check_checkpoint, check_expected
from make_token_cases import token_cases
from tensor_comparison import compare

DATA = Path(__file__).resolve().parents[1] / "data" / "hunyuan15"


def comparisons_can_fail() -> None:
    want = torch.tensor([[1.0, -2.0]])
    assert compare("same", want.clone(), want, 0.0).ok
    assert compare("without the batch", want[0], want, 0.0).ok
    assert compare("within", want + 1e-5, want, 1e-5).ok
    assert not compare("beyond", want + 1e-4, want, 1e-5).ok
    assert not compare("one bit", torch.nextafter(want, want + 1), want, 0.0).ok
    assert not compare("not a number", want * float("nan"), want, 1.0).ok
    assert not compare("other shape", torch.zeros(3), want, 1.0).ok
    assert not compare("missing", None, want, 1.0).ok


def held_out_cases_cover_the_prompts() -> None:
    specs = [settle_size(held_out_spec(3, index)) for index in range(len(PROMPTS))]
    assert {spec.call.prompt for spec in specs} == set(PROMPTS)
    assert {spec.is_image_to_video for spec in specs} == {False, True}
    assert {spec.text_encoder.config_style for spec in specs} == {"transformers4", "transformers5"}
    assert held_out_spec(3, 0) == held_out_spec(3, 0) != held_out_spec(4, 0)


def a_weak_case_is_found() -> None:
    weak = replace(T2V, call=replace(T2V.call, prompt="A boat on the river", num_frames=1))
    with tempfile.TemporaryDirectory() as scratch:
        problems = make_case(weak, Path(scratch) / "case", report=lambda _: None)
    assert any("another prompt" in problem for problem in problems), problems


def committed_cases_reproduce() -> None:
    for name, spec in COMMITTED.items():
        rows = check_checkpoint(spec, DATA / name) + check_expected(spec, DATA / name)
        bad = [str(row) for row in rows if not row.ok]
        assert len(rows) > 30 and not bad, "\n".join(bad)


def committed_token_ids_reproduce() -> None:
    committed = json.loads((DATA / "token_cases.json").read_text(encoding="utf-8"))
    assert token_cases(None) == committed


CHECKS: list[Callable[[], None]] = [
    comparisons_can_fail,
    held_out_cases_cover_the_prompts,
    a_weak_case_is_found,
    committed_cases_reproduce,
    committed_token_ids_reproduce,
]


def main() -> int:
    reference_environment.settle_torch()
    failed = 0
    for check in CHECKS:
        name = check.__name__.replace("_", " ")
        try:
            check()
            print(f"{name}: ok")
        except AssertionError as error:
            failed += 1
            print(f"FAILED: {name}: {error}")
    print(f"{len(CHECKS) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
