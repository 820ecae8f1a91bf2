"""Batches that are killed, interrupted, or have jobs and ranks that fail: what is committed stays,
and the next run makes the rest."""

import json
import os
import random
import signal
import time
from pathlib import Path

from batch_folders import PATIENCE, Folder, jobs, same_files
from live_checks import Checks


def killed(
    checks: Checks, folder: Folder, want: dict[str, bytes], kills: int, seconds: float
) -> None:
    """Kills the run again and again; what was committed must stay as it is."""
    for number in range(kills):
        # Every third time two groups of processes part the jobs.
        flags = ["--num-gpus=2"] if number % 3 == 2 else []
        recorded, marks = folder.finished(), folder.marks()
        process = folder.start(*flags)
        time.sleep(random.uniform(0.0, 1.2) * seconds / max(1.0, kills / 12))
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=PATIENCE)  # ends when all that it has started have ended
        now = folder.marks()
        changed = [name for name in marks if now.get(name) != marks[name]]
        committed = {f"{name}.mp4" for name in recorded}
        checks.expect(not set(changed) & committed, f"kill {number}: made {changed} again")
    marks, recorded = folder.marks(), folder.finished()
    last = folder.run()
    checks.expect(last.returncode == 0, f"last run: {last.returncode}, {last.stderr}")
    same_files(checks, folder, want, f"{kills} kills")
    changed = [name for name in recorded if folder.marks()[f"{name}.mp4"] != marks[f"{name}.mp4"]]
    checks.expect(not changed, f"the last run made {changed} again")
    twice = {name: count for name, count in folder.finished().items() if count != 1}
    checks.expect(not twice, f"finished more than once: {twice}")
    checks.expect(len(folder.finished()) == len(want), f"recorded {len(folder.finished())} outputs")
    checks.expect(not folder.left(), f"left {folder.left()}")
    again = folder.run()
    checks.expect(again.returncode == 0 and not again.stdout, "a finished batch did something")


def interrupted(checks: Checks, scratch: Path, program: Path) -> None:
    """Ctrl-C in the middle of denoising, then on from that step."""
    entries = jobs(2, num_inference_steps=400)
    want = Folder(scratch / "calm", program, entries)
    checks.expect(want.run().returncode == 0, "an undisturbed run failed")
    folder = Folder(scratch / "interrupted", program, entries)
    process = folder.start("--progress=json")
    assert process.stderr is not None
    for line in process.stderr:
        if '"denoise"' in line and '"step":20' in line:
            break
    process.send_signal(signal.SIGINT)
    _, messages = process.communicate(timeout=PATIENCE)
    checks.expect(process.returncode == 130, f"SIGINT: exit code {process.returncode}; {messages}")
    partial = list(folder.path.glob(".kinema/*/latents/*.partial.safetensors"))
    checks.expect(len(partial) == 1, f"SIGINT left {folder.left()}")
    resumed = folder.run("--progress=json")
    first = next(line for line in resumed.stderr.splitlines() if '"denoise"' in line)
    checks.expect(json.loads(first)["of"] < 400, f"began anew: {first}")
    same_files(checks, folder, want.outputs(), "after SIGINT")


def decoded_later(checks: Checks, scratch: Path, program: Path, want: dict[str, bytes]) -> None:
    """A run that dies while it decodes leaves latents, which are decoded by the next."""
    folder = Folder(scratch / "latents", program, jobs(1))
    fault = {**os.environ, "KINEMA_FAULT": "rank=0,phase=decode,kind=kill"}
    checks.expect(folder.run(env=fault).returncode == -9, "the fault did not happen")
    checks.expect(len(folder.left()) >= 1, "no latents were kept")
    planned = folder.run("--dry-run").stdout
    checks.expect("0 to make, 1 to decode, 0 finished" in planned, f"planned {planned[-200:]}")
    resumed = folder.run("--progress=json")
    checks.expect(resumed.returncode == 0, f"decoding: {resumed.stderr}")
    checks.expect('"denoise"' not in resumed.stderr, "denoised again")
    same_files(checks, folder, {"job00-0.mp4": want["job00-0.mp4"]}, "decoded later")


def failing(checks: Checks, scratch: Path, program: Path, want: dict[str, bytes]) -> None:
    """A job that fails is reported; the rest go on."""
    entries = jobs(3)
    entries[1]["output"] = "out/job00-0.mp4/inside.mp4"  # a file will be where a folder is needed
    folder = Folder(scratch / "failing", program, entries)
    run = folder.run()
    checks.expect(run.returncode == 1, f"exit code {run.returncode}")
    checks.expect("error: job01-1" in run.stderr, f"said {run.stderr}")
    names = ["job00-0.mp4", "job02-2.mp4"]
    same_files(checks, folder, {name: want[name] for name in names}, "failing")
    stopped = Folder(scratch / "fail-fast", program, entries)
    checks.expect(stopped.run("--fail-fast").returncode == 1, "--fail-fast: exit code")
    made = list(stopped.outputs())
    checks.expect(made == ["job00-0.mp4"], f"--fail-fast made {made}")


def failing_ranks(checks: Checks, scratch: Path, program: Path) -> None:
    """Two ranks on one job: one fails once, and both are started anew for the other jobs."""
    calm = Folder(scratch / "calm-ranks", program, jobs(3))
    checks.expect(calm.run("--cfg-parallel-size=2").returncode == 0, "two ranks failed")
    want = calm.outputs()
    folder = Folder(scratch / "ranks", program, jobs(3))
    mark = scratch / "fault"
    fault = f"rank=1,phase=denoise step 2,kind=throw,once=yes,mark={mark}"
    run = folder.run("--cfg-parallel-size=2", env={**os.environ, "KINEMA_FAULT": fault})
    checks.expect(mark.exists(), "the fault did not happen")
    checks.expect(run.returncode == 1, f"two ranks: {run.returncode}, {run.stderr}")
    checks.expect("starting again" in run.stderr, f"two ranks said {run.stderr}")
    names = ["job00-0.mp4", "job01-1.mp4", "job02-2.mp4"]
    same_files(checks, folder, {name: want[name] for name in names[1:]}, "two ranks")
    checks.expect(folder.run("--cfg-parallel-size=2").returncode == 0, "two ranks: resumed")
    same_files(checks, folder, {name: want[name] for name in names}, "two ranks, resumed")
