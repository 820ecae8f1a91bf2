#!/usr/bin/env python3
"""Runs batches of tiny jobs, disturbs them, lets them grow, and makes their videos again.

batch.py PROGRAM [--kills 6] [--seed 1]
"""

import json
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from batch_disturbed import decoded_later, failing, failing_ranks, interrupted, killed
from batch_folders import SOUNDING_MODEL, Folder, jobs
from batch_grown import growing, sharded
from live_checks import Checks, parser_of

JOBS = 20


def changed_job(checks: Checks, scratch: Path, program: Path) -> None:
    folder = Folder(scratch / "changed", program, jobs(1))
    folder.run()
    folder.write(jobs(1), guidance_scale=5)
    refused = folder.run()
    checks.expect(refused.returncode == 3, f"a changed job: exit code {refused.returncode}")
    checks.expect("guidance_scale 6.0 -> 5.0" in refused.stderr, f"said {refused.stderr}")
    marks = folder.marks()
    checks.expect(folder.run("--overwrite").returncode == 0, "--overwrite failed")
    checks.expect(folder.marks() != marks, "--overwrite did nothing")
    marks = folder.marks()
    checks.expect(folder.run().returncode == 0 and folder.marks() == marks, "not recorded anew")


def locked(checks: Checks, scratch: Path, program: Path) -> None:
    folder = Folder(scratch / "locked", program, jobs(1, num_inference_steps=1000))
    first = folder.start("--progress=json")
    assert first.stderr is not None
    for line in first.stderr:
        if '"denoise"' in line:
            break
    # Stands still and holds its lock, however long the other takes.
    first.send_signal(signal.SIGSTOP)
    second = folder.run()
    checks.expect(second.returncode == 3, f"a second run: exit code {second.returncode}")
    checks.expect(f"process {first.pid} on" in second.stderr, f"said {second.stderr}")
    first.kill()
    first.communicate()


def replayed(checks: Checks, scratch: Path, made: Folder, name: str) -> None:
    """The job in a video's file gives the same file again, and so do its latents."""
    out = scratch / f"replayed-{made.path.name}"
    out.mkdir()
    source = made.path / "out" / f"{name}.mp4"
    flags = [f"--model={made.model}", "--progress=none"]

    def kinema(*arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [str(made.program), *arguments, *flags], capture_output=True, text=True, check=False
        )

    def same(file: Path) -> bool:
        return file.exists() and file.read_bytes() == source.read_bytes()

    latents = out / "latents.safetensors"
    run = kinema("replay", str(source), f"-o{out / 'again.mp4'}", f"--save-latents={latents}")
    checks.expect(run.returncode == 0, f"replay: {run.stderr}")
    checks.expect(same(out / "again.mp4"), f"{name}: the replay differs")
    run = kinema("decode", str(latents), f"-o{out / 'decoded.mp4'}")
    checks.expect(run.returncode == 0, f"decode: {run.stderr}")
    checks.expect(same(out / "decoded.mp4"), f"{name}: decoding differs")
    held = subprocess.run(
        [str(made.program), "inspect", str(latents)], capture_output=True, text=True, check=False
    )
    checks.expect("latents of a job" in held.stdout, f"inspect: {held.stdout}")
    held = subprocess.run(
        [str(made.program), "inspect", str(source), "--json"],
        capture_output=True,
        text=True,
        check=False,
    )
    checks.expect(json.loads(held.stdout)["comment"]["job"]["seed"] == 3, f"inspect: {held.stdout}")
    run = kinema("decode", str(latents), "--num-frames=17", f"-o{out / 'long.mp4'}")
    checks.expect(run.returncode == 3, f"latents of another shape: {run.stderr}")
    run = kinema("replay", str(source), "--seed=99", f"-o{out / 'other.mp4'}")
    checks.expect(run.returncode == 0, f"another seed: {run.stderr}")
    checks.expect(run.returncode != 0 or not same(out / "other.mp4"), "the seed did nothing")


def made_folders(checks: Checks, scratch: Path, program: Path) -> None:
    """A batch makes the folders of everything that it writes."""
    folder = Folder(scratch / "folders", program, [], SOUNDING_MODEL)
    names = {"wav": "sound/new/a.wav", "trace": "traces/new/a.json", "metrics": "metrics/new/a.json", "output": "videos/new/a.mp4"}
    folder.write(jobs(1, **names), width=64, height=64, num_frames=9)
    run = folder.run()
    checks.expect(run.returncode == 0, f"outputs in folders that are not there: {run.stderr}")
    missing = [name for name in names.values() if not (folder.path / name).exists()]
    checks.expect(not missing, f"{missing} were not written")


def main() -> int:
    parser = parser_of(__doc__)
    parser.add_argument("--kills", type=int, default=6, help="of the batch [%(default)s]")
    parser.add_argument("--seed", type=int, default=1, help="of the moments [%(default)s]")
    arguments = parser.parse_args()
    random.seed(arguments.seed)
    checks = Checks()
    with tempfile.TemporaryDirectory() as folder:
        scratch, program = Path(folder), arguments.program
        calm = Folder(scratch / "undisturbed", program, jobs(JOBS))
        start = time.monotonic()
        run = calm.run()
        seconds = time.monotonic() - start
        checks.expect(run.returncode == 0, f"undisturbed: {run.returncode}, {run.stderr}")
        want = calm.outputs()
        checks.expect(len(want) == JOBS, f"undisturbed: made {sorted(want)}")
        disturbed = Folder(scratch / "killed", program, jobs(JOBS))
        killed(checks, disturbed, want, arguments.kills, seconds)
        interrupted(checks, scratch, program)
        decoded_later(checks, scratch, program, want)
        failing(checks, scratch, program, want)
        failing_ranks(checks, scratch, program)
        changed_job(checks, scratch, program)
        locked(checks, scratch, program)
        growing(checks, scratch, program, want)
        sharded(checks, scratch, program, want)
        replayed(checks, scratch, calm, "job03-3")
        sounding = Folder(scratch / "sounding", program, [], SOUNDING_MODEL)
        sounding.write(jobs(4)[3:], width=64, height=64, num_frames=9)
        run = sounding.run()
        checks.expect(run.returncode == 0, f"with sound: {run.stderr}")
        made_folders(checks, scratch, program)
        replayed(checks, scratch, sounding, "job03-3")
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
