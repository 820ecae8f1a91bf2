"""What the text encoder is asked beside the picture: at every word, what the object is like that this word speaks of.

Velocities alone teach it late which words belong together: a bag of words explains one object as well as sentences do.
"""
import torch
import torch.nn.functional as F
from torch import nn

import render
import text as text_module

ATTRIBUTES = {
    "shape": list(render.SHAPES), "colour": list(render.COLOURS), "size": list(render.RADIUS),
    "motion": [*render.DIRECTIONS, *render.OTHER_MOTIONS], "speed": list(render.TRAVEL), "place": list(render.PLACES),
}
NOTHING = -100  # for words outside the phrases


def answers(tok, longest, text, phrases, things):
    """[S, attributes]: at each token of the prompt what its phrase's object is like; `phrases` are (start, end) in `text`."""
    whole = text_module.full_text(text)
    offsets = tok(whole, add_special_tokens=False, return_offsets_mapping=True)["offset_mapping"][text_module.CROP:]
    before, out = whole.rindex(text), torch.full((longest, len(ATTRIBUTES)), NOTHING)
    for (start, end), thing in zip(phrases, things):
        row = torch.tensor([values.index(getattr(thing, name)) for name, values in ATTRIBUTES.items()])
        out[[i for i, (_, at) in enumerate(offsets) if before + start < at <= before + end]] = row
    return out


class Reader(nn.Module):
    """Reads the attributes off text embeddings [B, S, d]."""

    def __init__(self, width):
        super().__init__()
        self.head = nn.Linear(width, sum(map(len, ATTRIBUTES.values())))

    def loss(self, embeddings, wanted):
        """Mean cross-entropy against answers [B, S, attributes]."""
        parts = self.head(F.rms_norm(embeddings, embeddings.shape[-1:])).split([len(v) for v in ATTRIBUTES.values()], -1)
        losses = [F.cross_entropy(p.flatten(0, 1).float(), w.flatten(), ignore_index=NOTHING)
                  for p, w in zip(parts, wanted.unbind(-1))]
        return sum(losses) / len(losses)
