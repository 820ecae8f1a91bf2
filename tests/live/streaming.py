#!/usr/bin/env python3
"""Compares layouts whose blocks are streamed with the same layouts that keep every block: no bit may
differ, and each block is fetched once a pass.

streaming.py PROGRAM [hunyuan15/t2v] [ltx2/i2v] ...
"""

import json
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from layout_runs import Layout, Run, Tiles, expect_same_bits, run_layout
from live_checks import DATA, Checks, program_and_cases
from stream_bytes import ALIGNMENT, expected, slot_bytes

from kinema_program import read_case

READ_TOLERANCE = 0.05  # of a rank's bytes: parts of small blocks differ by what alignment fills
# Of HunyuanVideo 1.5's language model the last two layers are not run.
SKIPPED_TEXT_LAYERS = {"hunyuan15": 2, "ltx2": 0}
ALL_CASES = ["hunyuan15/t2v", "hunyuan15/i2v", "ltx2/t2v", "ltx2/i2v"]


@dataclass(frozen=True)
class Streaming:
    """A layout, and how its blocks are streamed."""

    layout: Layout
    flags: tuple[str, ...]
    home: str = ""  # where the metrics must say that blocks live; empty: by the stored type
    tiles: Tiles | None = None
    resident: int = 0  # blocks that stay
    shard: int = 1

    def __str__(self) -> str:
        return f"{self.layout} {' '.join(self.flags)}"


def hsdp(layout: Layout, shard: int, replicate: int = 1) -> Streaming:
    flags = ("--use-hsdp", f"--hsdp-shard-size={shard}", f"--hsdp-replicate-size={replicate}")
    tiles = Tiles() if layout.vae > 1 else None
    return Streaming(layout, flags, f"shards of {shard} ranks", tiles, shard=shard)


OFFLOAD = ("--offload=block",)
AHEAD = ("--load-ahead=all",)


def hsdp_in_host_memory(layout: Layout, shard: int) -> Streaming:
    sharded = hsdp(layout, shard)
    return replace(sharded, flags=(*sharded.flags, *OFFLOAD), home=f"host memory, {sharded.home}")


def ahead(one: Streaming) -> Streaming:
    return replace(one, flags=(*one.flags, *AHEAD))


# On the CPU a block that is stored in the type it is computed in stays in its file; any other is
# converted once.
HOME_OF_FLOATS, HOME_OF_OTHERS = "the files", "host memory"
CASES = [
    Streaming(Layout(), OFFLOAD),
    Streaming(Layout(), (*OFFLOAD, "--resident-blocks=1", "--stream-slots=3"), resident=1),
    Streaming(Layout(), (*OFFLOAD, *AHEAD)),
    Streaming(Layout(), ("--offload=disk",), "the files"),
    Streaming(Layout(cfg=2), OFFLOAD),
    hsdp(Layout(cfg=2), 2),
    ahead(hsdp(Layout(cfg=2), 2)),
    hsdp_in_host_memory(Layout(cfg=2), 2),
    hsdp(Layout(ulysses=2), 2),
    hsdp(Layout(cfg=2, ulysses=2), 4),
    hsdp(Layout(cfg=2, ulysses=2), 2, 2),
    hsdp(Layout(cfg=2, ulysses=2, vae=4), 4),
    hsdp(Layout(tensor=2, ulysses=2), 2),
]


def config(case_dir: Path, component: str) -> dict[str, Any]:
    path = case_dir / "model" / component / "config.json"
    return json.loads(path.read_text(encoding="utf-8"))


def offload_home(case_dir: Path) -> str:
    stored = read_case(case_dir)["checkpoint"].get("storage", {}).get("transformer", {})
    return HOME_OF_FLOATS if stored.get("dtype", "float32") == "float32" else HOME_OF_OTHERS


def check_streams(checks: Checks, case_dir: Path, one: Streaming, run: Run) -> None:
    """Units, passes and fetches of every rank, as the metrics give them."""
    steps = read_case(case_dir)["num_inference_steps"]
    blocks = config(case_dir, "transformer")["num_layers"]
    text_config = config(case_dir, "text_encoder")
    layers = text_config.get("text_config", text_config)["num_hidden_layers"]
    layers -= SKIPPED_TEXT_LAYERS[case_dir.parent.name]
    glyphs = config(case_dir, "text_encoder_2")["num_layers"] if quotes(case_dir) else 0
    for rank in run.metrics["ranks"]:
        where = f"{one}, rank {rank['rank']}"
        stream = rank["stages"]["denoise"]["streams"]["transformer"]
        home = one.home or offload_home(case_dir)
        checks.expect(stream["home"] == home, f"{where}: from {stream['home']}")
        units = blocks - one.resident
        checks.expect(stream["units"] == units, f"{where}: {stream['units']} units")
        checks.expect(stream["resident_blocks"] == one.resident, f"{where}: others stay")
        checks.expect(stream["passes"] == steps, f"{where}: {stream['passes']} passes")
        checks.expect(stream["fetches"] == units * steps, f"{where}: {stream['fetches']} fetches")
        checks.expect(stream["planned"]["units"] == units, f"{where}: planned {stream['planned']}")
        checks.expect(len(stream["block_fetch_seconds"]) == units, f"{where}: times by block")
        streams = rank["stages"]["encode_text"].get("streams", {})
        if not streams:  # a rank that encodes nothing and whose peers do not need it
            checks.expect("--use-hsdp" not in one.flags, f"{where}: no text encoder")
            continue
        check_encoder(checks, f"{where}, text_encoder", streams["text_encoder"], layers)
        if "text_encoder_2" in streams:
            check_encoder(checks, f"{where}, text_encoder_2", streams["text_encoder_2"], glyphs)
        elif glyphs > 0:  # a rank with another prompt
            alone = rank["rank"] > 0 and "--use-hsdp" not in one.flags
            checks.expect(alone, f"{where}: no second text encoder")


def check_bytes(checks: Checks, case_dir: Path, one: Streaming, run: Run) -> None:
    """Kept, sent and read bytes of every rank by formula, and beside the plan's."""
    if one.layout.tensor > 1:
        return  # which layers are cut is the program's own rule
    streams = [
        rank["stages"]["denoise"]["streams"]["transformer"] for rank in run.metrics["ranks"]
    ]
    home, slots = one.home or offload_home(case_dir), streams[0]["slots"]
    want = expected(case_dir, home, one.shard, one.resident, slots)
    stages = run.metrics["stages"]
    planned = stages["denoise"]["planned"]
    weights = planned["weights_bytes"] - planned["ahead_bytes"]
    for rank, stream in enumerate(streams):
        where = f"{case_dir}, {one}, rank {rank}"
        kept, unit = stream["home_bytes"], stream["largest_unit_bytes"]
        checks.expect(kept in want.home, f"{where}: keeps {kept}, not {want.home}")
        checks.expect(unit in want.longest, f"{where}: largest {unit}, not {want.longest}")
        sent = kept * (one.shard - 1) * stream["passes"]
        checks.expect(stream["sent_bytes"] == sent, f"{where}: sent {stream['sent_bytes']}")
        # What is no block is the rest of both.
        blocks = kept + slots * slot_bytes(unit, one.shard) + want.stay
        rest, planned_rest = stream["resident_bytes"] - blocks, weights - want.planned
        text = f"{where}: {stream['resident_bytes']} bytes of weights, planned {weights}"
        checks.expect(abs(rest - planned_rest) <= ALIGNMENT, f"{text}; {rest}, {planned_rest}")
        if one.shard == 1:
            checks.expect(stream["read_bytes"] == want.read, f"{where}: read {stream}")
    for first in range(0, len(streams), one.shard):
        together = sum(stream["read_bytes"] for stream in streams[first : first + one.shard])
        where = f"{case_dir}, {one}, ranks from {first}"
        checks.expect(together == want.read, f"{where}: read {together}, not {want.read}")
    for rank in run.metrics["ranks"]:
        (load,) = (
            stage["loads"]["transformer"]
            for stage in rank["stages"].values()
            if "transformer" in stage.get("loads", {})
        )
        read = load["bytes"] + streams[rank["rank"]]["read_bytes"]
        text = f"{case_dir}, {one}, rank {rank['rank']}: reads {read}, planned"
        off = abs(read - planned["read_bytes"])
        checks.expect(off <= READ_TOLERANCE * read, f"{text} {planned['read_bytes']}")


def check_ahead(checks: Checks, case_dir: Path, one: Streaming, run: Run) -> None:
    """What was loaded while the stage before worked is what was asked for, or chosen."""
    chosen = run.metrics["job"]["load_ahead"]
    checks.expect(AHEAD[0] not in one.flags or chosen == "all", f"{case_dir}, {one}: {chosen}")
    for rank in run.metrics["ranks"]:
        loads = {
            name: load
            for stage in rank["stages"].values()
            for name, load in stage.get("loads", {}).items()
        }
        for name in {"transformer", "vae"} & loads.keys():
            beside = loads[name]["beside_seconds"] > 0
            where = f"{case_dir}, {one}, rank {rank['rank']}: {name}"
            checks.expect(beside == (chosen in (name, "all")), f"{where} {beside}, {chosen}")


def check_encoder(checks: Checks, where: str, stream: dict[str, Any], layers: int) -> None:
    checks.expect(stream["units"] == layers, f"{where}: {stream['units']} units")
    fetches = layers * stream["passes"]
    checks.expect(stream["passes"] > 0, f"{where}: no passes")
    checks.expect(stream["fetches"] == fetches, f"{where}: {stream['fetches']} fetches")


def quotes(case_dir: Path) -> bool:
    """Whether HunyuanVideo's second encoder has something to do."""
    case = read_case(case_dir)
    prompts = case["prompt"] + case["negative_prompt"]
    return (case_dir / "model" / "text_encoder_2").exists() and any(
        mark in prompts for mark in ('"', "\u201c")
    )


def check_case(checks: Checks, program: Path, case_dir: Path) -> None:
    whole: dict[Layout, Run] = {}
    for one in CASES:
        if one.tiles is not None and read_case(case_dir)["tiling"] is None:
            continue
        if one.layout not in whole:
            whole[one.layout] = run_layout(program, case_dir, one.layout, one.tiles)
        want = whole[one.layout]
        got = run_layout(program, case_dir, one.layout, one.tiles, one.flags)
        expect_same_bits(checks, f"{case_dir}, {one}", got, want)
        if want.problem or got.problem:
            continue
        check_streams(checks, case_dir, one, got)
        check_bytes(checks, case_dir, one, got)
        check_ahead(checks, case_dir, one, got)


def check_trace(checks: Checks, program: Path, case_dir: Path) -> None:
    """Every block's computing and gather is there, on every rank, within the stage."""
    layers = config(case_dir, "transformer")["num_layers"]
    uses = read_case(case_dir)["num_inference_steps"] * layers
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "trace.json"
        flags = ("--use-hsdp", "--hsdp-shard-size=2", f"--trace={path}")
        run = run_layout(program, case_dir, Layout(cfg=2), None, flags)
        if not checks.expect(not run.problem, f"{case_dir}, --trace: {run.problem}"):
            return
        events = json.loads(path.read_text(encoding="utf-8"))["traceEvents"]
    spans = [event for event in events if event["ph"] == "X"]
    for rank in (0, 1):
        own = [span for span in spans if span["pid"] == rank]
        where = f"{case_dir}, --trace, rank {rank}"
        stage = next(span for span in own if span["cat"] == "stages" and span["name"] == "denoise")
        end = stage["ts"] + stage["dur"]
        blocks = [span for span in own if span["name"].startswith("transformer block")]
        for kind in ("compute", "fetch"):
            found = [span for span in blocks if span["cat"] == kind]
            checks.expect(len(found) == uses, f"{where}: {len(found)} times {kind}, not {uses}")
        inside = all(
            stage["ts"] <= span["ts"] and span["ts"] + span["dur"] <= end
            for span in blocks
            if span["cat"] == "compute"
        )
        checks.expect(inside, f"{where}: a block outside its stage")
        talked = any(span["cat"] == "communication" for span in own)
        checks.expect(talked, f"{where}: no communication")


def main() -> int:
    arguments = program_and_cases(__doc__, ALL_CASES)
    checks = Checks()
    for name in arguments.cases:
        check_case(checks, arguments.program, DATA / name)
        check_trace(checks, arguments.program, DATA / name)
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
