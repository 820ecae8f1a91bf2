#!/usr/bin/env python3
"""Listens to the files that the program writes, with FFmpeg's own programs: the sound in them is the
one that was computed, begins and ends with the pictures, and the WAV file holds it exactly.

sound.py PROGRAM
"""

import json
import math
import subprocess
import sys
import tempfile
import wave
from fractions import Fraction
from pathlib import Path

from live_checks import DATA, Checks, program_of

import numpy
from kinema_program import generate_arguments, read_case, run_program
from safetensors.numpy import load_file

CASES = DATA / "ltx2"
AAC_FRAME = 1024  # samples
FARTHEST = 2000  # samples by which sounds are moved against each other
# Matroska counts milliseconds.
CLOCK = {".mp4": Fraction(0), ".mkv": Fraction(1, 1000)}


def run_job(program: Path, case: Path, rate: str, name: str, out: Path, *more: str) -> bool:
    call = read_case(case) | {"frame_rate": rate}
    arguments = [
        f"--output={out / name}" if argument.startswith("--output=") else argument
        for argument in generate_arguments(case, call, False, out)
    ]
    run = run_program([str(program), "generate", *arguments, *more])
    if run.status != 0:
        print(run.messages)
    return run.status == 0


def streams(path: Path) -> dict[str, dict]:
    entries = "stream=codec_type,sample_rate,start_time,duration,nb_frames,avg_frame_rate"
    command = ["ffprobe", "-v", "error", "-show_entries", entries, "-of", "json", str(path)]
    made = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
    return {stream["codec_type"]: stream for stream in json.loads(made)["streams"]}


def decoded(path: Path) -> numpy.ndarray:
    command = ["ffmpeg", "-v", "error", "-i", str(path), "-f", "f32le", "-"]
    made = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
    return numpy.frombuffer(made, numpy.float32).reshape(-1, 2).T


def delay(heard: numpy.ndarray, computed: numpy.ndarray) -> tuple[int, float]:
    """By how many samples `heard` comes later, and how alike the two are then."""
    length = computed.shape[1] - FARTHEST
    middle = computed[:, FARTHEST:length]

    def likeness(shift: int) -> float:
        part = heard[:, FARTHEST + shift : length + shift]
        part = numpy.pad(part, ((0, 0), (0, middle.shape[1] - part.shape[1])))
        scale = numpy.linalg.norm(part) * numpy.linalg.norm(middle)
        return float((part * middle).sum() / max(scale, 1e-9))

    best = max(range(-FARTHEST, FARTHEST), key=likeness)
    return best, likeness(best)


def check_file(checks: Checks, path: Path, computed: numpy.ndarray, frames: int) -> None:
    both = streams(path)
    if not checks.expect(set(both) == {"video", "audio"}, f"{path.name} has pictures and sound"):
        return
    sound, rate = both["audio"], int(both["audio"]["sample_rate"])
    length = Fraction(frames) / Fraction(both["video"]["avg_frame_rate"])
    shift, likeness = delay(decoded(path), computed)
    apart = Fraction(both["video"]["start_time"]) - Fraction(sound["start_time"])
    late = Fraction(shift, rate) - apart
    checks.expect(likeness > 0.8, f"{path.name}: the sound is the computed one ({likeness:.3f})")
    checks.expect(
        abs(late) <= CLOCK[path.suffix] + Fraction(1, rate),
        f"{path.name}: the sound is {float(late) * 1000:.2f} ms late",
    )
    if path.suffix == ".mp4":
        for name, stream in both.items():
            ends = Fraction(stream["duration"]) - length
            checks.expect(
                abs(ends) <= Fraction(1, rate) + Fraction(1, 10**6),
                f"{path.name}: the {name} ends {float(ends) * 1000:.2f} ms late",
            )
    extra = decoded(path).shape[1] - math.ceil(length * rate)
    checks.expect(0 <= extra <= 2 * AAC_FRAME, f"{path.name}: {extra} samples too many")


def check_wav(checks: Checks, path: Path, computed: numpy.ndarray, samples: int) -> None:
    with wave.open(str(path)) as file:
        frames = numpy.frombuffer(file.readframes(file.getnframes()), numpy.int16)
    heard = frames.reshape(-1, 2).T
    checks.expect(heard.shape[1] == samples, f"{path.name} has {heard.shape[1]} samples")
    wanted = (computed.clip(-1, 1) * numpy.float32(32767)).astype(numpy.int16)[:, :samples]
    same = numpy.array_equal(heard[:, : wanted.shape[1]], wanted)
    checks.expect(same, f"{path.name} holds the computed sound")
    checks.expect(not heard[:, wanted.shape[1] :].any(), f"{path.name} ends in silence")


def main() -> int:
    program = program_of(__doc__)
    checks = Checks()
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        for variant in ["t2v", "i2v"]:
            case, frames = CASES / variant, read_case(CASES / variant)["num_frames"]
            for name, rate in [("a.mp4", "24"), ("b.mp4", "24000/1001"), ("c.mkv", "25")]:
                wav = out / "a.wav"
                what = f"{variant}, {name}, {rate} frames a second"
                ran = run_job(program, case, rate, name, out, f"--wav={wav}")
                if not checks.expect(ran, f"{what}: the job ran"):
                    continue
                computed = load_file(out / "tensors.safetensors")["audio"]
                check_file(checks, out / name, computed, frames)
                samples = int(streams(out / name)["audio"]["sample_rate"])
                check_wav(checks, wav, computed, math.ceil(frames / Fraction(rate) * samples))
            ran = run_job(program, case, "24", "silent.mp4", out, "--no-audio")
            checks.expect(ran, f"{variant}: the job without sound ran")
            checks.expect(set(streams(out / "silent.mp4")) == {"video"}, "--no-audio")
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
