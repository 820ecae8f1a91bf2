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

from cases import make_case
from families import NAMES, family
from make_token_cases import token_cases
from prompts import PROMPTS
from reproduce import check_checkpoint, check_expected
from tensor_comparison import compare

DATA = Path(__file__).resolve().parents[1] / "data"


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
    for name in NAMES:
        kind = family(name)
        specs = [kind.settle(kind.held_out_spec(3, index)) for index in range(len(PROMPTS))]
        assert {spec.call.prompt for spec in specs} == set(PROMPTS)
        assert {spec.is_image_to_video for spec in specs} == {False, True}
        styles = {spec.text_encoder.config_style for spec in specs}
        assert styles == {"transformers4", "transformers5"}
        assert kind.held_out_spec(3, 0) == kind.held_out_spec(3, 0) != kind.held_out_spec(4, 0)


def a_weak_case_is_found() -> None:
    kind = family("hunyuan15")
    strong = kind.committed["t2v"]
    weak = replace(strong, call=replace(strong.call, prompt="A boat on the river", num_frames=1))
    with tempfile.TemporaryDirectory() as scratch:
        problems = make_case(kind, weak, Path(scratch) / "case", report=lambda _: None)
    assert any("another prompt" in problem for problem in problems), problems


def committed_cases_reproduce() -> None:
    for name in NAMES:
        kind = family(name)
        for case, spec in kind.committed.items():
            folder = DATA / name / case
            rows = check_checkpoint(kind, spec, folder) + check_expected(kind, spec, folder)
            bad = [str(row) for row in rows if not row.ok]
            assert len(rows) > 30 and not bad, f"{folder}:\n" + "\n".join(bad)


def committed_token_ids_reproduce() -> None:
    committed = json.loads((DATA / "hunyuan15" / "token_cases.json").read_text(encoding="utf-8"))
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
