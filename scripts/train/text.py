"""The text side: a small tokenizer in Qwen2's format and a Qwen2.5-VL language model of two working layers.

The pipeline drops the first 108 tokens (the fixed template), so every word of the template must be one token here too;
then the prefix has exactly the 108 tokens that it has with the published vocabulary.
"""
import json
import math
import os
import random

import torch
import torch.nn.functional as F
from torch import nn

import render

CROP = 108
SYSTEM = ("You are a helpful assistant. Describe the video by detailing the following aspects:" + " " * 9
          + "1. The main content and theme of the video." + " " * 9
          + "2. The color, shape, size, texture, quantity, text, and spatial relationships of the objects." + " " * 9
          + "3. Actions, events, behaviors temporal relationships, physical movement changes of the objects." + " " * 9
          + "4. background environment, light, style and atmosphere." + " " * 9
          + "5. camera angles, movements, and transitions used in the video.")
CHAT_TEMPLATE = ("{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + "
                 "'<|im_end|>' + '\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}")
# Plain words, so that unseen prompts do not fall apart into letters.
ENGLISH = """a about above across after all an and any are around as at be been before behind below between big both but by
can cat car city clear close could day dog do down each end eye face far fast field fire first flower fly for forest from
front go gold grass great ground had hand has have he her here high hill his house how if in into is it its just large left
light like line little long look make man many me more most mountain move moon near new night no not now of off old on one
only or other out over own part people picture place play quick rain right river road room round run same sea see she show
side sky slow small snow so some sound stand stars still street sun take tall tell than that the their them then there these
they thing this those through time to top tree turn two under up very walk wall was water way we well were what when where
which while white who wide will wind window with woman wood world year you young your object objects shape shapes bright
realistic cinematic smooth camera video frame corner middle center centre edge every bounce jump cyan brown silver teal
magenta violet beige rectangle oval hexagon diamond heart cube sphere ring cross arrow four five six"""

CONFIG = {
    "hidden_size": 96, "num_hidden_layers": 4, "num_attention_heads": 4, "num_key_value_heads": 2, "intermediate_size": 192,
    "rms_norm_eps": 1e-6, "hidden_act": "silu", "max_position_embeddings": 2048, "tie_word_embeddings": False,
    "use_sliding_window": False, "rope_theta": 10000.0, "mrope_section": [4, 4, 4],
}


def full_text(prompt):
    """What the pipeline makes of a prompt before it is split into tokens."""
    return (f"<|im_start|>system\n{SYSTEM}<|im_end|>\n<|im_start|>user\n{prompt or ' '}<|im_end|>\n"
            "<|im_start|>assistant\n")


def build_tokenizer(folder, captions=20000, seed=1):
    """Trains the vocabulary on the template, captions and common words, and saves it in `folder`."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers
    from transformers import Qwen2Tokenizer
    from transformers.models.qwen2.tokenization_qwen2 import PRETOKENIZE_REGEX
    from tokenizers import Regex
    t = Tokenizer(models.BPE())
    t.normalizer = normalizers.NFC()
    t.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(PRETOKENIZE_REGEX), behavior="isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    rng = random.Random(seed)
    corpus = [render.caption(render.sample_scene(rng), rng) for _ in range(captions)]
    corpus += [SYSTEM, "system", "user", "assistant"] * 3000
    corpus += [" " + w for w in ENGLISH.split()] * 1000
    corpus += [w for w in ENGLISH.split()] * 3 + [w.capitalize() for w in ENGLISH.split()] * 3
    trainer = trainers.BpeTrainer(vocab_size=1500, min_frequency=50, show_progress=False,
                                  initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()))
    t.train_from_iterator(corpus, trainer)
    model = json.loads(t.to_str())["model"]
    tok = Qwen2Tokenizer(vocab=model["vocab"], merges=[tuple(m) for m in model["merges"]])
    tok.add_special_tokens({"additional_special_tokens": ["<|im_start|>", "<|im_end|>"]})
    tok.chat_template = CHAT_TEMPLATE
    tok.model_max_length = 2048
    os.makedirs(folder, exist_ok=True)
    tok.save_pretrained(folder)
    return tok


def ids_of(tok, prompt):
    """All token ids of a prompt, template included."""
    return tok(full_text(prompt), add_special_tokens=False)["input_ids"]


class Rms(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(n))

    def forward(self, x):
        return F.rms_norm(x, x.shape[-1:], self.weight, 1e-6)


class Layer(nn.Module):
    """One Qwen2 layer with the parameter names of transformers."""

    def __init__(self, c):
        super().__init__()
        d, self.heads, self.kv = c["hidden_size"], c["num_attention_heads"], c["num_key_value_heads"]
        self.hd = d // self.heads
        self.input_layernorm, self.post_attention_layernorm = Rms(d), Rms(d)
        self.self_attn = nn.ModuleDict({
            "q_proj": nn.Linear(d, d), "k_proj": nn.Linear(d, self.kv * self.hd), "v_proj": nn.Linear(d, self.kv * self.hd),
            "o_proj": nn.Linear(d, d, bias=False)})
        m = c["intermediate_size"]
        self.mlp = nn.ModuleDict({
            "gate_proj": nn.Linear(d, m, bias=False), "up_proj": nn.Linear(d, m, bias=False),
            "down_proj": nn.Linear(m, d, bias=False)})

    def forward(self, x, cos, sin, past=None):
        """`past`: keys and values of a common beginning [1, kv, P, hd]; returns its own as well."""
        b, n, _ = x.shape
        a, h = self.self_attn, self.input_layernorm(x)

        def split(t, heads):
            return t.view(b, n, heads, self.hd).transpose(1, 2)

        def turn(t):
            half = self.hd // 2
            return t * cos + torch.cat([-t[..., half:], t[..., :half]], -1) * sin

        q, k = turn(split(a["q_proj"](h), self.heads)), turn(split(a["k_proj"](h), self.kv))
        v = split(a["v_proj"](h), self.kv)
        own = k, v
        if past:
            k, v = (torch.cat([p.expand(b, -1, -1, -1), t], 2) for p, t in zip(past, own))
        mask = torch.ones(n, k.shape[2], dtype=torch.bool).tril(k.shape[2] - n)
        k, v = (t.repeat_interleave(self.heads // self.kv, 1) for t in (k, v))
        o = F.scaled_dot_product_attention(q, k, v, attn_mask=mask).transpose(1, 2).reshape(b, n, -1)
        x = x + a["o_proj"](o)
        h, m = self.post_attention_layernorm(x), self.mlp
        return x + m["down_proj"](F.silu(m["gate_proj"](h)) * m["up_proj"](h)), own


class TextEncoder(nn.Module):
    """Token ids [B, N] (template included, padded behind) to the embeddings that the transformer sees, [B, N-108, d].

    The template is computed once, as it is the same for all prompts.
    """

    def __init__(self, vocabulary, c=None):
        super().__init__()
        c = c or CONFIG
        self.config = c
        self.embed_tokens = nn.Embedding(vocabulary, c["hidden_size"])
        self.layers = nn.ModuleList(Layer(c) for _ in range(c["num_hidden_layers"]))
        self.norm = Rms(c["hidden_size"])
        for layer in self.layers[-2:]:  # hidden state −3 is taken: these two never run
            for p in layer.parameters():
                p.requires_grad_(False)
                if p.ndim == 2:
                    nn.init.zeros_(p)
        self.norm.requires_grad_(False)

    def forward(self, ids):
        start, x = self.embed_tokens(ids[:1, :CROP]), self.embed_tokens(ids[:, CROP:])
        hd = self.layers[0].hd
        inv = 1.0 / self.config["rope_theta"] ** (torch.arange(0, hd, 2).float() / hd)
        angle = torch.arange(ids.shape[1]).float()[:, None] * inv
        cos, sin = torch.cat([angle.cos()] * 2, -1), torch.cat([angle.sin()] * 2, -1)
        for layer in self.layers[:-2]:
            start, past = layer(start, cos[:CROP], sin[:CROP])
            x, _ = layer(x, cos[CROP:], sin[CROP:], past)
        return x


def check_tokenizer(tok):
    """The prefix is exactly the template, whatever the prompt; common words are single tokens."""
    for p in ("a red circle moves right over a dark blue background", "", "A sign says \"Open\"", "7 cats", "été 猫"):
        ids = ids_of(tok, p)
        assert tok.decode(ids[:CROP]).endswith("<|im_start|>user\n"), tok.decode(ids[:CROP])
        assert tok.decode(ids[CROP:]) == (p or " ") + "<|im_end|>\n<|im_start|>assistant\n", tok.decode(ids[CROP:])
    return [tok.decode([i]) for i in ids_of(tok, "A red circle moves right over a dark blue background, near the top.")[CROP:]]


def check_against_transformers(encoder, model_folder, ids):
    """Largest difference to transformers' model loaded from `model_folder`, at hidden state −3."""
    from transformers import Qwen2_5_VLTextModel
    ref = Qwen2_5_VLTextModel.from_pretrained(model_folder, dtype=torch.float32).eval()
    with torch.no_grad():
        want = ref(input_ids=ids, output_hidden_states=True).hidden_states[-3][:, CROP:]
        return (want - encoder(ids)).abs().max().item() / math.sqrt(want.square().mean().item())
