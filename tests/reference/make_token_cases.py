#!/usr/bin/env python3
"""Makes token id cases: what the reference's tokenizers give for many prompts.

make_token_cases.py --out FILE                        with the small tokenizer
make_token_cases.py --out FILE --tokenizer FOLDER     with a real one
make_token_cases.py --out FILE --check                compare instead of write
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import reference_environment  # noqa: F401

from diffusers.pipelines.hunyuan_video1_5.pipeline_hunyuan_video1_5 import (
    extract_glyph_texts,
    format_text_input,
)
from transformers import Qwen2Tokenizer

from hunyuan15.checkpoint import build_glyph_tokenizer, build_tokenizer, system_message
from hunyuan15.committed import COMMITTED
from prompts import NEGATIVE_PROMPTS, PROMPTS, TOKENIZER_PROMPTS
from small_tokenizer import CHAT_TEMPLATE

CROP, MAX_TOKENS, MAX_GLYPH_TOKENS = 108, 1108, 256


def case(prompt: str, tokenizer: Qwen2Tokenizer, glyph_tokenizer: Any) -> dict[str, Any]:
    """The ids after the fixed prefix, and the glyph string with its ids (null where nothing is
    quoted)."""
    ids = tokenizer.apply_chat_template(
        format_text_input([prompt], system_message()),
        add_generation_prompt=True,
        tokenize=True,
        return_dict=True,
        max_length=MAX_TOKENS,
        truncation=True,
    ).input_ids[0]
    glyph_text = extract_glyph_texts(prompt)
    glyph_ids = None
    if glyph_text is not None:
        glyph_ids = glyph_tokenizer(
            glyph_text, max_length=MAX_GLYPH_TOKENS, truncation=True
        ).input_ids
    return {
        "prompt": prompt,
        "input_ids": ids[CROP:],
        "glyph_text": glyph_text,
        "input_ids_2": glyph_ids,
    }


def token_cases(folder: Path | None) -> dict[str, Any]:
    tokenizer = (
        Qwen2Tokenizer.from_pretrained(folder, chat_template=CHAT_TEMPLATE)
        if folder
        else build_tokenizer()
    )
    glyph_tokenizer = build_glyph_tokenizer()
    calls = [spec.call for spec in COMMITTED.values()]
    prompts = dict.fromkeys(
        PROMPTS + NEGATIVE_PROMPTS + TOKENIZER_PROMPTS + [call.prompt for call in calls]
    )
    prefix = f"<|im_start|>system\n{system_message()}<|im_end|>\n<|im_start|>user\n"
    return {
        "prefix_ids": tokenizer(prefix).input_ids,
        "cases": [case(prompt, tokenizer, glyph_tokenizer) for prompt in prompts],
    }


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--tokenizer", type=Path, help="folder with a real tokenizer.json")
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    found = token_cases(arguments.tokenizer)
    if arguments.check:
        same = json.loads(arguments.out.read_text(encoding="utf-8")) == found
        print(f"{arguments.out}: {'same' if same else 'DIFFERS'}")
        return 0 if same else 1
    head = json.dumps(found["prefix_ids"])
    lines = ",\n  ".join(json.dumps(entry, ensure_ascii=True) for entry in found["cases"])
    arguments.out.write_text(
        f'{{"prefix_ids": {head},\n "cases": [\n  {lines}\n]}}\n', encoding="utf-8"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
