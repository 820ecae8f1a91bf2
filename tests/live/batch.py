#!/usr/bin/env python3
"""Runs batches of tiny jobs and disturbs them.

batch.py PROGRAM [--kills 6] [--seed 1]
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from live_checks import DATA, Checks

JOBS = 20
PATIENCE = 300  # seconds for anything
MODEL = DATA / "t2v" / "model"
SOUNDING_MODEL = DATA.parent / "ltx2" / "t2v" / "model"
DEFAULTS = {
    "width": 64,
    "height": 48,
    "num_frames": 5,
    "num_inference_steps": 3,
    "guidance_scale": 6,
    "output": "out/",
}
# The words of the jobs: some share a prompt, so that embeddings are used again.
SUBJECTS = ["a fox", "a sign that says \"OPEN\"", "rain on a roof", "boats"]


def jobs(count: int, **more: Any) -> list[dict[str, Any]]:
    subjects = [SUBJECTS[number % len(SUBJECTS)] for number in range(count)]
    return [
        {"id": f"job{number:02d}", "prompt": subject, "seed": number} | more
        for number, subject in enumerate(subjects)
    ]


class Folder:
    """A folder with a job file, its outputs and its state."""

    def __init__(
        self, path: Path, program: Path, entries: list[dict[str, Any]], model: Path = MODEL
    ) -> None:
        self.path, self.program, self.model = path, program, model
        path.mkdir(parents=True, exist_ok=True)
        self.file = path / "jobs.json"
        self.write(entries)

    def write(self, entries: list[dict[str, Any]], **defaults: Any) -> None:
        content = {
            "schema": 1,
            "run": {"model": str(self.model), "threads": 1, "progress": "none"},
            "defaults": {**DEFAULTS, **defaults},
            "jobs": entries,
        }
        self.file.write_text(json.dumps(content), encoding="utf-8")

    def start(self, *flags: str, **more: Any) -> "subprocess.Popen[str]":
        command = [str(self.program), "batch", str(self.file), *flags]
        return subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **more
        )

    def run(self, *flags: str, **more: Any) -> "subprocess.CompletedProcess[str]":
        command = [str(self.program), "batch", str(self.file), *flags]
        return subprocess.run(
            command, capture_output=True, text=True, timeout=PATIENCE, check=False, **more
        )

    def outputs(self) -> dict[str, bytes]:
        return {file.name: file.read_bytes() for file in (self.path / "out").glob("*.mp4")}

    def marks(self) -> dict[str, tuple[int, int]]:
        """What changes when a file is written anew."""
        found = {}
        for file in (self.path / "out").glob("*.mp4"):
            status = file.stat()
            found[file.name] = (status.st_ino, status.st_mtime_ns)
        return found

    def lines(self) -> list[dict[str, Any]]:
        found = []
        for file in self.path.glob(".kinema/*/state*.jsonl"):
            for line in file.read_text(encoding="utf-8").splitlines():
                try:
                    found.append(json.loads(line))
                except json.JSONDecodeError:
                    continue  # cut short by a kill
        return found

    def finished(self) -> Counter[str]:
        return Counter(line["id"] for line in self.lines() if "output" in line)

    def left(self) -> list[str]:
        """Files that only an unfinished output has."""
        parts = [str(path) for path in (self.path / "out").glob(".*.part")]
        return parts + [str(path) for path in self.path.glob(".kinema/*/latents/*")]


def wait_until(condition: Callable[[], bool]) -> bool:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return False


def same_files(checks: Checks, got: Folder, want: dict[str, bytes], what: str) -> None:
    files = got.outputs()
    checks.expect(files.keys() == want.keys(), f"{what}: has {sorted(files)}")
    different = [name for name in files.keys() & want.keys() if files[name] != want[name]]
    checks.expect(not different, f"{what}: {different} differ")


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
        process.communicate()
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
    checks.expect(len(folder.finished()) == JOBS, f"recorded {len(folder.finished())} outputs")
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
    second = folder.run()
    checks.expect(second.returncode == 3, f"a second run: exit code {second.returncode}")
    checks.expect(f"process {first.pid} on" in second.stderr, f"said {second.stderr}")
    first.kill()
    first.communicate()


def growing(checks: Checks, scratch: Path, program: Path, want: dict[str, bytes]) -> None:
    """Lines that are appended while the batch runs, and lines from standard input."""
    folder = Folder(scratch / "growing", program, [])
    header = json.loads(folder.file.read_text(encoding="utf-8"))
    del header["jobs"]
    entries = [json.dumps(job) for job in jobs(4)]
    folder.file = folder.path / "jobs.jsonl"
    folder.file.write_text(f"{json.dumps(header)}\n{entries[0]}\n", encoding="utf-8")
    process = folder.start("--follow")
    checks.expect(wait_until(lambda: len(folder.finished()) == 1), "the first line was not made")
    with folder.file.open("a", encoding="utf-8") as out:
        out.write(entries[1][:10])
        out.flush()
        time.sleep(0.7)
        out.write(entries[1][10:] + "\n{\"prompt\": 7, \"id\": \"bad\"}\n" + entries[2] + "\n")
        out.flush()
    checks.expect(wait_until(lambda: len(folder.finished()) == 3), "appended lines were not made")
    process.send_signal(signal.SIGINT)
    _, messages = process.communicate(timeout=PATIENCE)
    checks.expect(process.returncode == 130, f"exit code {process.returncode}; {messages}")
    checks.expect('"prompt" must be' in messages and ":4, /prompt" in messages, f"said {messages}")
    names = ["job00-0.mp4", "job01-1.mp4", "job02-2.mp4"]
    same_files(checks, folder, {name: want[name] for name in names}, "growing")
    # As the file is now: the bad line is refused before anything starts.
    checks.expect(folder.run().returncode == 3, "a bad line was accepted")

    fed = Folder(scratch / "fed", program, [])
    fed.file = Path("-")
    state = fed.path / ".kinema" / "fed"
    process = fed.start(f"--state={state}", stdin=subprocess.PIPE, cwd=fed.path)
    assert process.stdin is not None
    process.stdin.write(f"{json.dumps(header)}\n{entries[0]}\n")
    process.stdin.flush()
    first = wait_until(lambda: len(fed.finished()) == 1)
    checks.expect(first, "standard input: first line not made")
    process.stdin.write(f"{entries[3]}\n")
    _, messages = process.communicate(timeout=PATIENCE)
    checks.expect(process.returncode == 0, f"standard input: {process.returncode}; {messages}")
    checks.expect(len(fed.finished()) == 2, f"standard input: made {dict(fed.finished())}")


def sharded(checks: Checks, scratch: Path, program: Path, want: dict[str, bytes]) -> None:
    folder = Folder(scratch / "shards", program, jobs(6))
    runs = [folder.start(f"--shard={number}/2") for number in (1, 2)]
    printed = [run.communicate(timeout=PATIENCE)[0].split() for run in runs]
    checks.expect(all(run.returncode == 0 for run in runs), "a shard failed")
    made = Counter(Path(path).name for part in printed for path in part)
    checks.expect([len(part) for part in printed] == [3, 3], f"shards made {printed}")
    checks.expect(set(made.values()) == {1} and len(made) == 6, f"made {made}")
    same_files(checks, folder, {name: want[name] for name in made}, "shards")
    checks.expect(not folder.run().stdout, "the whole did not know what its shards have made")


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


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("program", type=Path)
    parser.add_argument("--kills", type=int, default=6, help="of the batch [%(default)s]")
    parser.add_argument("--seed", type=int, default=1, help="of the moments [%(default)s]")
    arguments = parser.parse_args()
    random.seed(arguments.seed)
    checks = Checks()
    with tempfile.TemporaryDirectory() as folder:
        scratch, program = Path(folder), arguments.program.resolve()
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
        replayed(checks, scratch, sounding, "job03-3")
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
