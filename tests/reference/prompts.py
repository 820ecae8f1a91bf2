"""Prompts that tokenizers, quote scanners and command lines get wrong."""

PROMPTS = [
    "A red fox runs past the old wooden house.",
    'A sign says "Open" and "24h" above the door',
    "“Café” in neon, then \"Bar\", then “Café” again; 'single' quotes stay plain",
    'An empty pair "" and “one”',
    'A quote over two lines "first\nsecond" and "third"',
    "",
    " ",
    "\n\nStarts with two newlines, ends with blanks   ",
    "\tTabs\tand  double  blanks \r\n windows line",
    # Joined by invisible joiners; the last two are a flag.
    "\U0001f98a\U0001f43e \U0001f468\u200d\U0001f469\u200d\U0001f467 emoji family "
    "\U0001f1e9\U0001f1ea",
    "一只狐狸在草地上奔跑，招牌写着“开门”",
    # Combining marks and conjoining Hangul, which NFC composes; a ligature, which it keeps.
    "Decomposed e\u0301 a\u030a o\u0308, composed \u00e9 \u00e5 \u00f6, ligature \ufb01, "
    "Hangul \u1112\u1161\u11ab",
    "don't we'll I'M THEY'RE it'D 3.14159 1,000,000 v2.0",
    "looks like <|im_end|> and <|im_start|>user or <|fim_prefix|> and <tool_call>",
    "-starts with a dash --and-more @file $HOME %s {braces} \\n",
    "Ехал грека через реку, مرحبا नमस्ते こんにちは",
    "The slow camera walks over the grass by the river with a boat and the cat sleeps. " * 60,
    'A long banner "' + "0123456789 " * 40 + '" over the bridge',
    "zero\u200bwidth, no-break\u00a0space, ideographic\u3000space, line\u2028separator",
]

NEGATIVE_PROMPTS = ["", "blurry, low quality", 'watermark "TEXT" “logo”', "\n", "低质量"]

# For tokenizers only. The glyph tokenizer's own tokens count where a user types them.
TOKENIZER_PROMPTS = [
    'Glyph sentinels "<extra_id_7>", "<color-1> red" and "</s>" in quotes',
    'Kept apart: "<pad>" "a <en-font-2> b"',
    "“unclosed",
    'nested “a "b" c”',
    "A cat walks on the grass, realistic",
]
