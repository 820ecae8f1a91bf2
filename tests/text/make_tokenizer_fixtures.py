"""Makes tests/data/text: small tokenizers that use every supported setting, and what the reference makes of hard strings: [text, ids].

Usage: make_tokenizer_fixtures.py [--check]
"""

import argparse
import json
import sys
from pathlib import Path

from random_text import random_texts
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

DATA = Path(__file__).resolve().parents[1] / "data"
CORPUS = ["the cat runs past the old house; it's 24 degrees, they've seen 1000 birds.  We'll  walk\n\n", "café señor naïve",
          "狐狸 日本語の文字", "Привет мир", "ประเทศไทย", "👨‍👩‍👧 🦊", "\t\tif (x == 10) { return 0; }\r\n"] * 3  # fmt: skip
TEXTS = [
    "It's John'S; THEY'LL we'Ve 'twas",
    "e\u0301 o\u0302\u0323 \u1100\u1161\u11a8 \u212b \ufb01",
    "a\r\nb\n\n\nc \n d\t\te",
    "1234567890 ２０２４ ½ Ⅷ",
    "\x00\x01\x1f\x7f\x80\x9f\u200b\ufeff",
    "👨‍👩‍👧‍👦🏳️‍🌈👍🏽 🇫🇷🇩🇪",
    "สวัสดีครับ ชาวโลก",
    "  leading and trailing   ",
    "a" * 300 + "b" * 300,
    "\U0010ffff\ue000\ufffe",
]


def added_tokens() -> list[AddedToken]:
    return [
        AddedToken("<s>", special=True, normalized=False),
        AddedToken("<left>", lstrip=True, normalized=False),
        AddedToken("<right>", rstrip=True, normalized=False),
        AddedToken("<both>", lstrip=True, rstrip=True, normalized=False),
        AddedToken("fox", single_word=True, normalized=False),
        AddedToken("<longer", normalized=False),
        AddedToken("<longer one>", normalized=False),
        AddedToken("ca\u0327fe\u0301", normalized=True),
        AddedToken("x y", normalized=True),
    ]


def byte_level() -> Tokenizer:
    """GPT-2's own splitting, a blank before each piece, words of the vocabulary left whole."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFC(), normalizers.Replace("--", "—")])
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True, trim_offsets=True, use_regex=True)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer.train_from_iterator(
        CORPUS, trainers.BpeTrainer(vocab_size=340, initial_alphabet=alphabet, show_progress=False)
    )
    tokenizer.model.ignore_merges = True
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=True)
    tokenizer.add_tokens(added_tokens())
    return tokenizer


def byte_fallback() -> Tokenizer:
    """As Gemma's: blanks become a letter, unknown characters become bytes, or <unk> where a byte has no token."""
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    tokenizer.normalizer = normalizers.Replace(" ", "▁")
    tokenizer.pre_tokenizer = pre_tokenizers.Split(" ", "merged_with_previous")
    trainer = trainers.BpeTrainer(vocab_size=260, special_tokens=["<unk>"], limit_alphabet=80, show_progress=False)
    tokenizer.train_from_iterator(CORPUS, trainer)
    model = json.loads(tokenizer.to_str())
    vocab = model["model"]["vocab"]
    for byte in [*range(0x80, 0xF5), 0x0A]:
        vocab[f"<0x{byte:02X}>"] = len(vocab)
    tokenizer = Tokenizer.from_str(json.dumps(model))
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", len(vocab)), ("</s>", len(vocab) + 1)]
    )
    tokenizer.add_special_tokens(["<s>", "</s>"])
    tokenizer.add_tokens(added_tokens()[1:])
    return tokenizer


def splits() -> Tokenizer:
    """Several splits in a row, merges written as strings, unknown bytes dropped."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(r"\p{N}{1,3}(?=(?:\p{N}{3})*(?!\p{N}))"), "isolated"),
            pre_tokenizers.Split(Regex(r"(?i:the|[^\s\p{L}\p{N}]++|\s+(?!\S))"), "merged_with_previous"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator(CORPUS[:1] + CORPUS[6:7], trainers.BpeTrainer(vocab_size=120, show_progress=False))
    model = json.loads(tokenizer.to_str())
    model["model"]["merges"] = [" ".join(pair) for pair in model["model"]["merges"]]
    model["truncation"] = {"direction": "Right", "max_length": 5, "strategy": "LongestFirst", "stride": 0}
    tokenizer = Tokenizer.from_str(json.dumps(model))
    tokenizer.add_special_tokens(["<|end|>"])
    return tokenizer


def small_qwen() -> Tokenizer:
    return Tokenizer.from_file(str(DATA / "hunyuan15" / "t2v" / "model" / "tokenizer" / "tokenizer.json"))


def cases(tokenizer: Tokenizer, name: str) -> list:
    tokenizer.no_truncation()
    special = [token.content for token in tokenizer.get_added_tokens_decoder().values()]
    texts = TEXTS + random_texts(110, sum(map(ord, name)), special)
    return [[text, tokenizer.encode(text, add_special_tokens=False).ids] for text in texts]


def files() -> dict[Path, str]:
    out = {}
    for build in (byte_level, byte_fallback, splits, small_qwen):
        name, tokenizer = build.__name__, build()
        if build is not small_qwen:
            model = json.loads(tokenizer.to_str())
            if build is splits:
                model["model"]["merges"] = [" ".join(pair) for pair in model["model"]["merges"]]
            out[DATA / "text" / name / "tokenizer.json"] = json.dumps(model, ensure_ascii=False, indent=0) + "\n"
        lines = ",\n".join(json.dumps(case) for case in cases(tokenizer, name))
        out[DATA / "text" / f"{name}.json"] = f"[\n{lines}\n]\n"
    return out


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--check", action="store_true", help="compare with the stored files instead of writing")
    check = arguments.parse_args().check
    different = 0
    for path, text in files().items():
        if check:
            same = path.is_file() and path.read_text(encoding="utf-8") == text
            different += not same
            print(f"{path.relative_to(DATA)}: {'same' if same else 'DIFFERS'}")
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
