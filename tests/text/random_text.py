"""Random strings that are hard on tokenizers: every script, broken sequences, look-alikes of special tokens."""

import random

CONTRACTIONS = ["'s", "'S", "'t", "'T", "'re", "'RE", "'Ve", "'m", "'LL", "'ll", "'d", "'ſ", "’s", "'"]
SPACES = [" ", "  ", "   ", "\t", "\n", "\r", "\r\n", "\n\n", " \n", "\n ", "\v", "\f", "\x1c", "\x1f", "\x85", "\xa0",
          "\u1680", "\u180e", "\u2003", "\u2028", "\u2029", "\u202f", "\u205f", "\u3000", "\u200b", "\ufeff"]  # fmt: skip
MARKS = ["\u0300", "\u0301", "\u0308", "\u0315", "\u0327", "\u0334", "\u0345", "\u035c", "\u0361", "\u05b0", "\u064b",
         "\u0e38", "\u0e48", "\u0f71", "\u0f72", "\u1037", "\u1dce", "\u20d7", "\u3099", "\u309a", "\u302a"]  # fmt: skip
JAMO = ["\u1100", "\u1112", "\u1161", "\u1175", "\u11a7", "\u11a8", "\u11c2", "\uac00", "\uac01", "\ud7a3", "\ua960"]
EMOJI = ["😀", "👍🏽", "👨‍👩‍👧‍👦", "🏳️‍🌈", "🇫🇷", "🇩🇪🇯🇵", "1️⃣", "☺️", "❤", "🧑🏿‍🚀", "🏴\U000e0067\U000e0062\U000e007f"]
WORDS = ["cat", "The", "realistic", "Straße", "naïve", "ÅNGSTRÖM", "Ω", "ﬁn", "狐狸", "日本語の", "ประเทศไทย", "नमस्ते", "안녕하세요",
         "Привет", "שלום", "مرحبا", "İstanbul", "ẞ", "ǅ", "ª", "２０２４", "½", "Ⅷ", "١٢٣", "x²", "…", "“Open”", '"24h"']  # fmt: skip
PUNCTUATION = list("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~") + ["--", "...", "://", "<|", "|>", "</", "»", "。", "！？"]


def pieces(special_tokens: list[str]):
    """Functions from a random.Random to a short string, with how often each is used."""

    def special(r):
        token = r.choice(special_tokens)
        return r.choice([token, token, token[:-1], token[1:], token.upper(), " " + token + " ", token[: len(token) // 2]])

    def any_code_point(r):
        c = r.randrange(0x110000 - 0x800)
        return chr(c if c < 0xD800 else c + 0x800)

    def assigned_block(r):
        start = r.choice([0x80, 0x300, 0x370, 0x5B0, 0x610, 0x900, 0xC00, 0xE00, 0xF00, 0x1100, 0x1AB0, 0x1E00, 0x2000,
                          0x2100, 0x3040, 0x4E00, 0xA800, 0xAC00, 0xF900, 0xFB00, 0x10E00, 0x11000, 0x11380, 0x16D40,
                          0x1D100, 0x1E000, 0x1F300, 0x2F800, 0xE0000])  # fmt: skip
        return "".join(chr(start + r.randrange(0x100)) for _ in range(r.randrange(1, 6)))

    return [
        (6, lambda r: r.choice(WORDS)),
        (5, lambda r: r.choice(SPACES) * r.choice([1, 1, 1, 2, 5])),
        (3, lambda r: r.choice(CONTRACTIONS)),
        (3, lambda r: r.choice(PUNCTUATION)),
        (3, lambda r: "".join(r.choice("aeiostnrAEIOST") for _ in range(r.randrange(1, 12)))),
        (2, lambda r: str(r.randrange(10 ** r.randrange(1, 12)))),
        (2, lambda r: "".join(r.choice(MARKS) for _ in range(r.randrange(1, 5)))),
        (2, lambda r: r.choice(["a", "o", "e", "u", "A", "か", "\u0627", "\u0915"]) + r.choice(MARKS) + r.choice(MARKS)),
        (2, lambda r: "".join(r.choice(JAMO) for _ in range(r.randrange(1, 5)))),
        (2, lambda r: r.choice(EMOJI)),
        (2, special),
        (2, any_code_point),
        (2, assigned_block),
        (1, lambda r: chr(r.randrange(0x20))),
        (1, lambda r: r.choice(["a", "ab", "é", " ", "\n", "狐", "!"]) * r.randrange(1, 60)),
    ]  # fmt: skip


def random_texts(count: int, seed: int, special_tokens: list[str]) -> list[str]:
    r = random.Random(seed)
    weighted = pieces(special_tokens)
    weights = [weight for weight, _ in weighted]
    makers = [maker for _, maker in weighted]
    texts = []
    for _ in range(count):
        length = r.choice([1, 2, 3, 5, 8, 13, 30])
        texts.append("".join(maker(r) for maker in r.choices(makers, weights, k=length)))
    return texts


def every_code_point() -> list[str]:
    """All of Unicode in small windows between letters, so that classes, composition and order of each show."""
    code_points = [c for c in range(0x110000) if not 0xD800 <= c < 0xE000]
    single = ["".join(chr(c) + "x" for c in code_points[i : i + 16]) for i in range(0, len(code_points), 16)]
    assigned = [c for c in code_points if c < 0x32000 or 0xE0000 <= c < 0xE0200]
    marked = [
        "".join("a\u0327" + chr(c) + "\u0301\u0315b " for c in assigned[i : i + 16]) for i in range(0, len(assigned), 16)
    ]
    return single + marked
