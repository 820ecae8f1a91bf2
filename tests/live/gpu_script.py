"""Checks scripts/gpu without a GPU: what it counts, how it judges, what survives a failing part, and a tiny run."""

import json
import math
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from live_checks import REPOSITORY, Checks

sys.path.insert(0, str(REPOSITORY / "scripts" / "gpu"))
import gates  # noqa: E402
import work  # noqa: E402
from checkpoint_families import FAMILIES  # noqa: E402
from measured import Clock, Failure, Measured, Skip, check  # noqa: E402
from steps import Program, in_turn  # noqa: E402

# TFLOP of one forward of the published models in products and attentions, with 256 text tokens (LTX-2: 1024), by formulas
# that agree with a counter over the reference's own modules.
COUNTED = {
    ("hunyuan15", (832, 480, 33)): (77.7, 90.4),
    ("hunyuan15", (1280, 720, 121)): (608.0, 5534.8),
    ("ltx2", (768, 512, 121)): (158.3, 34.6),
}
PARTS = "machine,start,begin_ltx2,checkpoint_ltx2,floors,steps_ltx2,begin_hunyuan15,checkpoint,profile,streaming"


def floors_are_those_of_the_models(checks: Checks) -> None:
    for (family, video), want in COUNTED.items():
        configs = FAMILIES[family].configs("full", None, None)
        tokens = math.prod(work.latent_grid(configs["vae"], video))
        found = list(work.hunyuan15(configs["transformer"], tokens, 256) if family == "hunyuan15" else work.ltx2(configs["transformer"], tokens))
        for kind, teraflops in zip(("product", "attention"), want):
            got = sum(one.flops() for one in found if one.kind == kind) / work.PASSES[family] / 1e12
            checks.expect(abs(got - teraflops) < 0.003 * teraflops, f"{family} {video}: {got:.1f} TFLOP in {kind}s, not {teraflops}")


def steps(reference: float, fused: float, spread: float = 0.1) -> dict[str, Any]:
    rows = [{"program": f"kinema, {kind}", "step_s": value, "spread_%": spread} for kind, value in (("reference", reference), ("fused", fused))]
    return {"rows": rows, "checks": [check("kinema, fused: first step", 0.1, "<= 0.11", True)]}


def verdict_needs_everything(checks: Checks) -> None:
    def verdict(**changed: Any) -> bool:
        good = {
            "unit_tests": {"rows": [{"test": "fused", "result": "ok", "skipped": ""}]},
            "reference": {"rows": [{"kernels": "fused", "ok": True}]},
            "steps": steps(0.6, 0.5),
            "steps_long": steps(4.5, 4.1),
            "steps_ltx2": steps(0.4, 0.3),
        }
        return bool(gates.fused_verdict(good | changed)["fused_may_become_default"])

    failed = {"rows": steps(0.6, 0.5)["rows"], "checks": [check("kinema, fused: first step", 0.2, "<= 0.11", False)]}
    checks.expect(verdict(), "faster and right in all is a yes")
    for what, changed in {
        "a test that skipped": {"unit_tests": {"rows": [{"test": "fused", "result": "ok", "skipped": "wants 1 GPU"}]}},
        "a comparison out of bounds": {"reference": {"rows": [{"kernels": "fused", "ok": False}]}},
        "no comparison": {"reference": {"rows": []}},
        "a gate that failed": {"steps": failed},
        "a slower step": {"steps_long": steps(4.1, 4.2)},
        "a gain within the spread": {"steps_ltx2": steps(0.4, 0.39, spread=5.0)},
        "a part that was not done": {"steps_ltx2": {"status": "skipped"}},
    }.items():
        checks.expect(not verdict(**changed), f"{what} is a no")


def gates_follow_diffusers(checks: Checks) -> None:
    def passed(distance: float, decoded: float, whole: float) -> list[bool]:
        found = {
            "first_step": [{"program": "p", "tensor": "noise_pred_0", "distance": distance, "diffusers_distance": 0.03}],
            "decode": [{"program": "p", "tensor": "audio", "dB": decoded, "diffusers_dB": 42.0}],
            "run": [{"program": "p", "to_diffusers_dB": whole, "diffusers_to_itself_dB": 35.0}],
        }
        return [one["ok"] for one in gates.gate_checks(found)]

    checks.expect(passed(0.032, 41.0, 34.0) == [True, True, True], "as near as diffusers is near enough")
    checks.expect(passed(0.034, 39.0, 32.0) == [False, False, False], "further than diffusers is too far")
    checks.expect(passed(float("nan"), float("nan"), float("nan")) == [False, False, False], "what is no number is too far")


def failing_parts_are_told(checks: Checks) -> None:
    """Each leaves the others their turn, and everything is on the disk at once."""

    def refuses() -> dict[str, Any]:
        raise Skip("nothing to do it with")

    def fails() -> dict[str, Any]:
        raise Failure("too far", {"rows": [{"dB": 3.0}]})

    def breaks() -> dict[str, Any]:
        return {"x": {}["y"]}

    with tempfile.TemporaryDirectory() as folder:
        measured = Measured(Path(folder), Clock(100), "cpu")
        for name, part in {"refuses": refuses, "fails": fails, "breaks": breaks}.items():
            measured.run(name, part, 0, 10)
        measured.run("misses", lambda: {"checks": [check("a bound", 2, "<= 1", False)]}, 0, 10)
        measured.run("late", lambda: {}, 1000, 10)
        measured.run("odd", lambda: {"rows": [{"where": Path("x")}, None]}, 0, 10)
        stored = json.loads((Path(folder) / "gpu_check.json").read_text(encoding="utf-8"))
        odd = (Path(folder) / "gpu_check.md").read_text(encoding="utf-8")
        del measured.parts["odd"]
        text = measured.text()
    status = {name: part["status"] for name, part in stored.items()}
    checks.expect(status == {"refuses": "skipped", "fails": "failed", "breaks": "failed", "misses": "failed", "late": "skipped", "odd": "ok"}, f"parts: {status}")
    checks.expect(odd.startswith("There are no tables"), "a row of no known form does not end the check")
    checks.expect("FAIL a bound: 2 (wanted: <= 1)" in text and "too far" in text, "the table tells of what failed")


def one_program_ends_alone(checks: Checks) -> None:
    """What breaks one of the timed programs leaves the others their turn."""

    def breaks() -> tuple[list[float], dict[str, Any]]:
        raise KeyError("step_seconds")

    first, second = Program("first", breaks), Program("second", lambda: ([0.5], {}))
    in_turn([first, second])
    checks.expect("KeyError" in first.row["failed"] and second.runs == [[0.5]], f"in turn: {first.row}, {second.runs}")


def other_builds_are_refused(build: Path, checks: Checks) -> None:
    """Programs made with another LibTorch, and those that lack a library: in one sentence, before anything else."""
    with tempfile.TemporaryDirectory() as folder:
        programs = Path(folder) / "programs"
        programs.mkdir()
        for name in ("kinema", "kinema-engine"):
            (programs / name).symlink_to(build / name)
        for made_with, told in {
            "LibTorch 1.0.0, CUDA 9.0": "were built with LibTorch 1.0.0, CUDA 9.0, and here is LibTorch",
            "": "the programs do not run here",
        }.items():
            (programs / "made_with").write_text(made_with, encoding="utf-8")
            done = script("--out", folder, "--prebuilt", str(programs))
            checks.expect(done.returncode == 2 and told in done.stderr, f"{told!r} is not in {done.stderr!r}")
            (programs / "kinema").unlink()
            (programs / "kinema").symlink_to("/bin/false")


def script(*flags: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    command = [str(REPOSITORY / "scripts" / "gpu_check.sh"), *flags]
    environment = {**os.environ, "PYTHON": sys.executable, **variables}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def tiny_run(build: Path, checks: Checks) -> None:
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as scratch:
        # However busy this machine is.
        wanted = ("--device", "cpu", "--sizes", "tiny", "--parts", PARTS, "--budget", "3600")
        done = script("--out", folder, "--prebuilt", str(build), "--", *wanted, TMPDIR=scratch)
        left = [path.name for path in Path(scratch).iterdir()]
        checks.expect(not left, f"large files are left: {left}")
        if not checks.expect((Path(folder) / "gpu_check.json").exists(), f"the script found nothing: {done.stderr[:2000]}"):
            return
        parts = json.loads((Path(folder) / "gpu_check.json").read_text(encoding="utf-8"))
        checks.expect(done.returncode == 0, f"the script ended with {done.returncode}: {done.stdout[:2000]}")
        for name in PARTS.split(","):
            checks.expect(parts.get(name, {}).get("status") == "ok", f"{name}: {parts.get(name)}")
        without = parts.get("steps_ltx2", {}).get("without_diffusers", "")
        checks.expect(not without, f"steps were timed without diffusers: {without}")
        checks.expect((Path(folder) / "trace_streaming.json.gz").exists(), "there is a trace")
        # What is brought home from such a machine may be few files.
        checks.expect(len(list(Path(folder).iterdir())) <= 8, f"few files: {sorted(path.name for path in Path(folder).iterdir())}")


def main() -> int:
    checks = Checks()
    floors_are_those_of_the_models(checks)
    verdict_needs_everything(checks)
    gates_follow_diffusers(checks)
    failing_parts_are_told(checks)
    one_program_ends_alone(checks)
    other_builds_are_refused(Path(sys.argv[1]), checks)
    tiny_run(Path(sys.argv[1]), checks)
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
