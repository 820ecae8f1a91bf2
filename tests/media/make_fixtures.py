#!/usr/bin/env python3
"""Makes the pictures of tests/data/media and what Pillow and diffusers make of them.

Every picture NAME.{png,jpg,webp} has NAME.ppm beside it: the pixels that diffusers' load_image gives.
resample/ holds a source and Pillow's Image.resize of it; fit/ what HunyuanVideo15ImageProcessor makes;
buckets.json the sizes it chooses. With --check nothing is written: exit code 1 says that a file there
differs from what would be made.
"""

import argparse
import io
import json
import struct
import sys
import tempfile
import zlib
from pathlib import Path

import numpy as np
from PIL import Image

DATA = Path(__file__).resolve().parent.parent / "data" / "media"


def photo(width: int, height: int) -> np.ndarray:
    """Slopes, an edge, fine stripes and noise: what resampling and chroma filters differ on."""
    rng = np.random.default_rng(width * 1000 + height)
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    red = 255 * x / max(width - 1, 1)
    green = 127 + 120 * np.sin(x * 1.7 + y * 0.3)
    blue = np.where(x + y < (width + height) / 2, 230, 20)
    pixels = np.stack([red, green, blue], axis=-1) + rng.normal(0, 12, (height, width, 3))
    return np.clip(np.round(pixels), 0, 255).astype(np.uint8)


def encoded(image: Image.Image, kind: str, **options) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, depth: int, colour: int, rows: bytes, extra: bytes = b"") -> bytes:
    """A PNG of a kind that Pillow does not write; rows hold their filter bytes."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    parts = chunk(b"IHDR", header), extra, chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def png16(pixels: np.ndarray, colour: int) -> bytes:
    """16 bits a sample; pixels [H, W, C] uint16."""
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in pixels)
    return png(pixels.shape[1], pixels.shape[0], 16, colour, rows)


def exif(orientation: int) -> bytes:
    tags = Image.Exif()
    tags[0x0112] = orientation
    return tags.tobytes()


def big_endian_exif(orientation: int) -> bytes:
    entry = struct.pack(">HHIHH", 0x0112, 3, 1, orientation, 0)
    return b"Exif\0\0MM\0*" + struct.pack(">IH", 8, 1) + entry + struct.pack(">I", 0)


def xmp(orientation: int) -> bytes:
    return f'<x:xmpmeta><rdf:Description tiff:Orientation="{orientation}"/></x:xmpmeta>'.encode()


def pngs() -> dict[str, bytes]:
    rgb = photo(29, 19)
    alpha = np.linspace(0, 255, 29 * 19).reshape(19, 29, 1).astype(np.uint8)
    wide = rgb.astype(np.uint16) * 256 + rgb[::-1]
    wide_alpha = np.concatenate([wide, alpha.astype(np.uint16) * 257], axis=-1)
    grey = Image.fromarray(rgb).convert("L")
    palette = Image.fromarray(rgb).quantize(11)
    two_bits = b"".join(b"\0" + bytes([0b00011011, (0b11100100 + y) % 256]) for y in range(5))
    orientation_in_xmp = chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + xmp(6))
    return {
        "rgb": encoded(Image.fromarray(rgb), "png"),
        "rgba": encoded(Image.fromarray(np.concatenate([rgb, alpha], axis=-1)), "png"),
        "grey": encoded(grey, "png"),
        "grey_alpha": encoded(Image.merge("LA", [grey, Image.fromarray(alpha[..., 0])]), "png"),
        "grey_2bit": png(8, 5, 2, 0, two_bits),
        "grey_transparent": encoded(grey, "png", transparency=17),
        "rgb_transparent": encoded(Image.fromarray(rgb), "png", transparency=(1, 2, 3)),
        "bits": encoded(grey.convert("1"), "png"),
        "palette": encoded(palette, "png"),
        "palette_4bit": encoded(palette, "png", bits=4),
        "palette_transparent": encoded(palette, "png", transparency=bytes(range(0, 220, 20))),
        "rgb_16bit": png16(wide, 2),
        "rgba_16bit": png16(wide_alpha, 6),
        "grey_alpha_16bit": png16(wide_alpha[..., 2:], 4),
        "exif_6": encoded(Image.fromarray(rgb), "png", exif=exif(6)),
        "xmp_6": png(4, 2, 8, 2, b"".join(b"\0" + bytes(range(y, y + 12)) for y in (3, 90)),
                     orientation_in_xmp),
    }


def jpegs() -> dict[str, bytes]:
    rgb = Image.fromarray(photo(45, 35))
    files = {f"jpeg_{name}": encoded(rgb, "jpeg", quality=85, subsampling=name.replace("x", ":"))
             for name in ("4x4x4", "4x2x2", "4x2x0")}
    files["jpeg_even"] = encoded(Image.fromarray(photo(48, 32)), "jpeg", quality=60)
    files["jpeg_narrow"] = encoded(Image.fromarray(photo(3, 21)), "jpeg", quality=90)
    files["jpeg_progressive"] = encoded(rgb, "jpeg", quality=70, progressive=True)
    files["jpeg_grey"] = encoded(rgb.convert("L"), "jpeg", quality=80)
    for orientation in range(2, 9):
        files[f"jpeg_exif_{orientation}"] = encoded(
            Image.fromarray(photo(17, 10)), "jpeg", quality=95, exif=exif(orientation))
    files["jpeg_exif_big_endian"] = encoded(
        Image.fromarray(photo(17, 10)), "jpeg", exif=big_endian_exif(8))
    files["jpeg_xmp_3"] = encoded(Image.fromarray(photo(17, 10)), "jpeg", xmp=xmp(3))
    return files


def webps() -> dict[str, bytes]:
    rgb = photo(37, 27)
    alpha = np.linspace(0, 255, 37 * 27).reshape(27, 37, 1).astype(np.uint8)
    rgba = Image.fromarray(np.concatenate([rgb, alpha], axis=-1))
    return {
        "webp_lossy": encoded(Image.fromarray(rgb), "webp", quality=80),
        "webp_even": encoded(Image.fromarray(photo(40, 24)), "webp", quality=50),
        "webp_lossless": encoded(Image.fromarray(rgb), "webp", lossless=True),
        "webp_lossy_alpha": encoded(rgba, "webp", quality=80),
        "webp_lossless_alpha": encoded(rgba, "webp", lossless=True, exact=True),
        "webp_exif_5": encoded(Image.fromarray(rgb), "webp", quality=80, exif=exif(5)),
    }


def refused() -> dict[str, bytes]:
    small = [Image.fromarray(photo(8, 8)), Image.fromarray(photo(8, 9)).crop((0, 0, 8, 8))]
    still = encoded(small[0], "png")
    return {
        "animated.png": encoded(small[0], "png", save_all=True, append_images=small[1:]),
        "animated.webp": encoded(small[0], "webp", save_all=True, append_images=small[1:]),
        "animated.gif": encoded(small[0], "gif", save_all=True, append_images=small[1:]),
        "cmyk.jpg": encoded(small[0].convert("CMYK"), "jpeg"),
        "empty.png": b"",
        "huge.png": png(20000, 20000, 8, 2, b"\0"),
        "broken_checksum.png": still[:60] + bytes([still[60] ^ 1]) + still[61:],
        "no_picture.png": b"not a picture at all",
    }


def ppm(image: Image.Image) -> bytes:
    return encoded(image, "ppm")


def load_image(data: bytes, suffix: str) -> Image.Image:
    from diffusers.utils import load_image as reference

    with tempfile.NamedTemporaryFile(suffix=suffix) as file:
        file.write(data)
        file.flush()
        return reference(file.name)


def loaded() -> dict[str, bytes]:
    files = {}
    for suffix, made in ((".png", pngs()), (".jpg", jpegs()), (".webp", webps())):
        for name, data in made.items():
            files[f"loaded/{name}{suffix}"] = data
            files[f"loaded/{name}.ppm"] = ppm(load_image(data, suffix))
    return files


RESIZED = [("lanczos", 31, 23), ("lanczos", 97, 80), ("lanczos", 61, 20), ("lanczos", 20, 47),
           ("lanczos", 7, 90), ("lanczos", 70, 30), ("bicubic", 45, 45), ("bicubic", 90, 70), ("bicubic", 5, 4),
           ("bilinear", 96, 64), ("bilinear", 20, 90)]


def resampled() -> dict[str, bytes]:
    source = Image.fromarray(photo(61, 47))
    files = {"resample/source.ppm": ppm(source)}
    for name, width, height in RESIZED:
        result = source.resize((width, height), getattr(Image.Resampling, name.upper()))
        files[f"resample/{name}_{width}x{height}.ppm"] = ppm(result)
    return files


FITTED = [(61, 47, 96), (30, 77, 96), (200, 20, 80), (15, 140, 80), (64, 64, 96)]


def fitted() -> dict[str, bytes]:
    from diffusers.pipelines.hunyuan_video1_5.image_processor import HunyuanVideo15ImageProcessor
    from transformers import SiglipImageProcessor

    processor = HunyuanVideo15ImageProcessor()
    siglip = SiglipImageProcessor(size={"height": 45, "width": 45}, do_rescale=False,
                                  do_normalize=False)
    files = {}
    for width, height, target in FITTED:
        picture = Image.fromarray(photo(width, height))
        to_height, to_width = processor.calculate_default_height_width(height, width, target)
        crop = processor.resize(picture, to_height, to_width, resize_mode="crop")
        seen = siglip.preprocess(images=crop, do_resize=True, do_convert_rgb=True)["pixel_values"][0]
        name = f"fit/{width}x{height}"
        files[f"{name}.ppm"] = ppm(picture)
        files[f"{name}_{target}_crop.ppm"] = ppm(crop)
        files[f"{name}_{target}_siglip.ppm"] = ppm(Image.fromarray(np.moveaxis(seen, 0, -1)))
    return files


def other() -> dict[str, bytes]:
    """Where Pillow is not the measure, or writes what a build without FFmpeg writes."""
    steps = np.arange(16, dtype=np.uint16) * 4096
    grey = np.stack([steps + 200, 65535 - steps])[..., None]
    small = photo(9, 7)
    rows = b"".join(b"\0" + row.tobytes() for row in small)
    header = struct.pack(">IIBBBBB", 9, 7, 8, 2, 0, 0, 0)
    stored = chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(rows, 0)), chunk(b"IEND", b"")
    return {"grey_16bit.png": png16(grey, 0), "stored.ppm": ppm(Image.fromarray(small)),
            "stored.png": b"\x89PNG\r\n\x1a\n" + b"".join(stored)}


def buckets() -> dict[str, bytes]:
    from diffusers.pipelines.hunyuan_video1_5.image_processor import HunyuanVideo15ImageProcessor

    processor = HunyuanVideo15ImageProcessor()
    rng = np.random.default_rng(5)
    sizes = [(848, 480), (480, 848), (640, 640), (4, 3), (3, 4), (3, 2), (2, 3), (21, 9), (1, 9),
             (9, 1), (1, 10000), (1001, 1000), (1000, 1001)]
    sizes += [tuple(int(v) for v in rng.integers(1, 4000, 2)) for _ in range(200)]
    rows = []
    for target in (640, 960, 1440, 96, 80):
        for width, height in sizes:
            to_height, to_width = processor.calculate_default_height_width(height, width, target)
            rows.append([target, width, height, int(to_width), int(to_height)])
    text = ",\n".join(json.dumps(row) for row in rows)
    return {"buckets.json": f"[\n{text}\n]\n".encode()}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    check = parser.parse_args().check
    files = {f"refused/{name}": data for name, data in refused().items()}
    files |= loaded() | resampled() | fitted() | buckets() | other()
    different = 0
    for name, data in files.items():
        path = DATA / name
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        elif not path.is_file() or path.read_bytes() != data:
            print(f"differs: {name}")
            different += 1
    print(f"{len(files)} files, {different} differ" if check else f"{len(files)} files written")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
