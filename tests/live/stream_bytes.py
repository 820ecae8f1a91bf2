"""What a rank keeps and reads of a transformer's streamed blocks, by formula, from the headers of its
files; to be compared with what the metrics give."""

import json
import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ALIGNMENT = 256  # of parameters in a block's buffer, and of parts
COMPUTED = 4  # bytes: float32, the CPU's default
STORED = {"F32": 4, "BF16": 2, "F16": 2}

# HunyuanVideo's modulation layers are never part of a block; of the last block's text only keys and
# values are used.
MODULATION = (".norm1.linear.", ".norm1_context.linear.")
UNUSED_AT_LAST = (".add_q_proj.", ".norm_added_q.", ".to_add_out.", ".ff_context.")


def aligned(count: int) -> int:
    return math.ceil(count / ALIGNMENT) * ALIGNMENT


@dataclass(frozen=True)
class Block:
    """Bytes of one block: in its buffer, without alignment, in the files, and of what the plan counts
    with it although it is not taken."""

    flat: int
    raw: int
    stored: int
    left_out: int


def headers(folder: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    for file in sorted(folder.glob("*.safetensors")):
        with file.open("rb") as opened:
            (length,) = struct.unpack("<Q", opened.read(8))
            header = json.loads(opened.read(length))
        yield from ((name, entry) for name, entry in header.items() if name != "__metadata__")


def blocks_of(case_dir: Path) -> list[Block]:
    folder = case_dir / "model" / "transformer"
    count = json.loads((folder / "config.json").read_text(encoding="utf-8"))["num_layers"]
    hunyuan15 = case_dir.parent.name == "hunyuan15"
    flat, raw, stored, left_out = ([0] * count for _ in range(4))
    for name, entry in headers(folder):
        if not name.startswith("transformer_blocks."):
            continue
        block = int(name.split(".")[1])
        elements = math.prod(entry["shape"])
        if hunyuan15 and any(part in name for part in MODULATION):
            continue
        if hunyuan15 and block == count - 1 and any(part in name for part in UNUSED_AT_LAST):
            left_out[block] += elements * COMPUTED
            continue
        flat[block] += aligned(elements * COMPUTED)
        raw[block] += elements * COMPUTED
        stored[block] += elements * STORED[entry["dtype"]]
    return [Block(*of) for of in zip(flat, raw, stored, left_out, strict=True)]


def resident_indices(count: int, resident: int) -> set[int]:
    """Spread evenly, as the planner does."""
    return {i for i in range(count) if (i + 1) * resident // count > i * resident // count}


@dataclass(frozen=True)
class Expected:
    """Of one rank's blocks, or (read) of all ranks of its shard group together. Ranges are without
    alignment and with that of every single parameter."""

    home: range
    longest: range  # of a block
    read: int
    stay: int  # of blocks that stay
    planned: int  # of home, slots and blocks that stay, as if all blocks were alike


def between(least: int, most: int) -> range:
    return range(least, most + 1)


def slot_bytes(block: int, ranks: int) -> int:
    """Of the slot for the longest block."""
    return aligned(math.ceil(block / ranks)) * ranks


def expected(case_dir: Path, home: str, shard: int, resident: int, slots: int) -> Expected:
    every = blocks_of(case_dir)
    stay = resident_indices(len(every), resident)
    blocks = [block for index, block in enumerate(every) if index not in stay]
    kept = 0 if home == "the files" else 1
    parts = between(
        kept * sum(math.ceil(block.raw / shard) for block in blocks),
        kept * sum(aligned(math.ceil(block.flat / shard)) for block in blocks),
    )
    alike = sum(block.raw + block.left_out for block in every) // len(every)
    return Expected(
        home=parts,
        longest=between(max(block.raw for block in blocks), max(block.flat for block in blocks)),
        read=sum(block.stored for block in blocks),
        stay=sum(every[index].raw for index in stay),
        planned=(resident + slots) * alike + kept * len(blocks) * math.ceil(alike / shard),
    )
