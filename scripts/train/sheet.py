"""A contact sheet: rows of pictures, each under its label."""
import numpy as np
from PIL import Image, ImageDraw


def frames_of(video, columns):
    """`columns` frames of a video [F, H, W, 3], evenly from the first to the last."""
    return [video[round(i * (len(video) - 1) / (columns - 1))] for i in range(columns)]


def write(labelled, path):
    """Writes the picture; `labelled`: pairs of a text and a list of pictures [H, W, 3] in 0…1, as many in each."""
    rows = []
    for text, pictures in labelled:
        strip = np.concatenate([np.pad(f, ((2, 2), (2, 2), (0, 0)), constant_values=1) for f in pictures], 1)
        label = Image.new("RGB", (strip.shape[1], 15), "white")
        ImageDraw.Draw(label).text((4, 2), text, fill="black")
        rows += [np.asarray(label), (strip * 255 + 0.5).astype(np.uint8)]
    # Flat colours: a third of the bytes. Without k-means rare colours would be merged into others.
    sheet = Image.fromarray(np.concatenate(rows))
    sheet.quantize(256, kmeans=2, dither=Image.Dither.NONE).save(path, optimize=True)
