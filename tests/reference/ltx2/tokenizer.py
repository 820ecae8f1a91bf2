"""Trains a small BPE tokenizer with byte fallback that has the form of Gemma 3's: same normaliser,
split, template, first ids."""

import json
import tempfile
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers
from transformers import GemmaTokenizer

from small_tokenizer import EXTRA_TEXT

FIRST_TOKENS = ["<pad>", "<eos>", "<bos>", "<unk>", "<mask>"]
TURN_TOKENS = ["<start_of_turn>", "<end_of_turn>"]
BYTE_TOKENS = [f"<0x{byte:02X}>" for byte in range(256)]
# Runs of blanks and newlines are tokens of their own in the real vocabulary.
RUNS = ["\n\n", "\u2581\u2581", "\u2581\u2581\u2581\u2581"]


def _trained() -> dict[str, Any]:
    """A trained model as JSON; words are learned one by one, as in the real vocabulary."""
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    tokenizer.normalizer = normalizers.Replace(" ", "\u2581")
    tokenizer.pre_tokenizer = pre_tokenizers.Split("\u2581", "merged_with_next")
    trainer = trainers.BpeTrainer(
        vocab_size=900,
        min_frequency=1,
        special_tokens=[*FIRST_TOKENS, *TURN_TOKENS, *BYTE_TOKENS],
        limit_alphabet=90,
        show_progress=False,
    )
    tokenizer.train_from_iterator([EXTRA_TEXT, "Zwei F\u00fcchse, caf\u00e9; 2024"], trainer)
    return json.loads(tokenizer.to_str())


def tokenizer_json() -> dict[str, Any]:
    """The content of tokenizer.json."""
    data = _trained()
    vocabulary, kept = data["model"]["vocab"], {*FIRST_TOKENS, *TURN_TOKENS}
    data["added_tokens"] = [token for token in data["added_tokens"] if token["content"] in kept]
    for run in RUNS:
        vocabulary[run] = len(vocabulary)
        half = run[: len(run) // 2]
        data["model"]["merges"].append([half, half])
    data["pre_tokenizer"] = {
        "type": "Split",
        "pattern": {"String": " "},
        "behavior": "MergedWithPrevious",
        "invert": False,
    }
    begin = {"SpecialToken": {"id": "<bos>", "type_id": 0}}
    begin_second = {"SpecialToken": {"id": "<bos>", "type_id": 1}}
    first, second = ({"Sequence": {"id": name, "type_id": i}} for i, name in enumerate("AB"))
    data["post_processor"] = {
        "type": "TemplateProcessing",
        "single": [begin, first],
        "pair": [begin, first, begin_second, second],
        "special_tokens": {"<bos>": {"id": "<bos>", "ids": [2], "tokens": ["<bos>"]}},
    }
    data["decoder"] = {
        "type": "Sequence",
        "decoders": [
            {"type": "Replace", "pattern": {"String": "\u2581"}, "content": " "},
            {"type": "ByteFallback"},
            {"type": "Fuse"},
        ],
    }
    return data


def build_tokenizer() -> GemmaTokenizer:
    """Read back from files, as users' tokenizers are."""
    config = {
        "tokenizer_class": "GemmaTokenizer",
        "bos_token": "<bos>",
        "eos_token": "<eos>",
        "pad_token": "<pad>",
        "unk_token": "<unk>",
        "mask_token": "<mask>",
        "model_max_length": 10**30,
        "padding_side": "left",
    }
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        (folder / "tokenizer.json").write_text(json.dumps(tokenizer_json()), encoding="utf-8")
        (folder / "tokenizer_config.json").write_text(json.dumps(config), encoding="utf-8")
        return GemmaTokenizer.from_pretrained(folder)
