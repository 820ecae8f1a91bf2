// One walk a format over its chunks or segments.
#include "media/image_header.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <string_view>

#include "base/error.h"
#include "media/bytes.h"

namespace kinema::media {
namespace {

// Pillow's limit against decompression bombs, and what keeps scaled sides within an int.
constexpr int64_t kMaxPixels = 178'956'970;
constexpr int kMaxSide = 1'000'000;

// What a walk over the file gathers.
struct Found {
  ImageHeader header;
  std::optional<Orientation> exif, xmp;
  uint32_t frames = 1;
  bool complete = false;  // the mark that ends the picture is there
};

void walk_png(ByteView file, Found& found) {
  found.header.kind = ImageKind::kPng;
  constexpr std::string_view xmp_key("XML:com.adobe.xmp\0\0\0", 20);  // uncompressed
  for (size_t at = 8; !found.complete; at += 12 + file.be32(at)) {
    const auto chunk = file.sub(at, size_t{12} + file.be32(at));  // length, type, data, checksum
    const auto data = chunk.sub(8, chunk.size() - 12);
    const auto type = chunk.text(4, 4);
    if (type == "IHDR") {
      found.header.stored = {static_cast<int>(data.be32(0)), static_cast<int>(data.be32(4))};
    } else if (type == "acTL") {
      found.frames = data.be32(0);
    } else if (type == "eXIf") {
      found.exif = exif_orientation(data);
    } else if (type == "iTXt" && data.holds(0, xmp_key)) {
      found.xmp = xmp_orientation(data.text(0, data.size()));
    }
    found.complete = type == "IEND";
  }
}

bool is_frame_header(uint8_t marker) {
  return marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
}

void read_app1(ByteView segment, Found& found) {
  constexpr std::string_view exif("Exif\0\0", 6);
  constexpr std::string_view xmp("http://ns.adobe.com/xap/1.0/\0", 29);
  if (segment.holds(0, exif) && !found.exif) found.exif = exif_orientation(segment);
  if (segment.holds(0, xmp)) found.xmp = xmp_orientation(segment.text(0, segment.size()));
}

void walk_jpeg(ByteView file, Found& found) {
  found.header.kind = ImageKind::kJpeg;
  size_t at = 2;
  for (uint8_t marker = 0; marker != 0xDA; at += 2 + file.be16(at + 2)) {
    while (file.u8(at) != 0xFF || file.u8(at + 1) == 0xFF) ++at;  // fill bytes
    marker = file.u8(at + 1);
    const auto segment = file.sub(at + 4, std::max(file.be16(at + 2), 2u) - 2);
    if (is_frame_header(marker)) {
      found.header.stored = {static_cast<int>(segment.be16(3)), static_cast<int>(segment.be16(1))};
      found.header.components = segment.u8(5);
    } else if (marker == 0xE1) {
      read_app1(segment, found);
    }
  }
  // Inside the scans the byte FF is followed by other values, so this is the end or a later
  // picture's.
  found.complete = file.text(at, file.size() - at).find("\xFF\xD9") != std::string_view::npos;
}

Size webp_size(std::string_view type, ByteView data) {
  auto side = [](uint32_t value) { return static_cast<int>(value); };
  if (type == "VP8 ") return {side(data.le16(6) & 0x3FFF), side(data.le16(8) & 0x3FFF)};
  if (type == "VP8X") return {side(data.le24(4)) + 1, side(data.le24(7)) + 1};
  const uint32_t bits = data.le32(1);  // VP8L
  return {side(bits & 0x3FFF) + 1, side(bits >> 14 & 0x3FFF) + 1};
}

void walk_webp(ByteView file, Found& found) {
  found.header.kind = ImageKind::kWebp;
  const size_t end = std::min<size_t>(file.size(), size_t{8} + file.le32(4));
  found.complete = end == size_t{8} + file.le32(4);
  uint32_t animation_frames = 0;
  for (size_t at = 12; at + 8 <= end; at += 8 + file.le32(at + 4) + (file.le32(at + 4) & 1)) {
    const auto type = file.text(at, 4);
    const auto data = file.sub(at + 8, file.le32(at + 4));
    if ((type == "VP8 " || type == "VP8L" || type == "VP8X") && found.header.stored == Size{}) {
      found.header.stored = webp_size(type, data);
    } else if (type == "ANMF") {
      ++animation_frames;
    } else if (type == "EXIF") {
      found.exif = exif_orientation(data);
    } else if (type == "XMP ") {
      found.xmp = xmp_orientation(data.text(0, data.size()));
    }
  }
  if (animation_frames > 0)
    found.frames = std::max(animation_frames, 2u);  // one frame animates too
}

void walk(ByteView file, const std::string& name, Found& found) {
  if (file.size() == 0) throw Error(ErrorKind::kIo, name + ": is empty (0 bytes), not a picture");
  if (file.holds(0, "\x89PNG\r\n\x1A\n")) return walk_png(file, found);
  if (file.holds(0, "\xFF\xD8\xFF")) return walk_jpeg(file, found);
  if (file.holds(0, "RIFF") && file.holds(8, "WEBP")) return walk_webp(file, found);
  throw Error(ErrorKind::kIo, name + ": is not a PNG, JPEG or WebP picture",
              "convert it to PNG first");
}

void check(const Found& found, const std::string& name) {
  const Size size = found.header.stored;
  if (size.width <= 0 || size.height <= 0) {
    throw Error(ErrorKind::kIo, name + ": is damaged: its header says " + to_string(size));
  }
  if (size.pixels() > kMaxPixels || std::max(size.width, size.height) > kMaxSide) {
    throw Error(ErrorKind::kIo, name + ": " + to_string(size) +
                                    " is too large: pictures of up to " +
                                    std::to_string(kMaxPixels) + " pixels are read");
  }
  if (found.frames > 1) {
    throw Error(ErrorKind::kIo, name + ": is animated; a still picture is wanted",
                "save one of its frames as PNG");
  }
  if (!found.complete) throw Truncated{};
}

}  // namespace

ImageHeader image_header(std::span<const uint8_t> bytes, const std::string& name) {
  Found found;
  try {
    walk(ByteView(bytes), name, found);
    check(found, name);
  } catch (const Truncated&) {
    throw Error(ErrorKind::kIo, name + ": is damaged: it ends after " +
                                    std::to_string(bytes.size()) +
                                    " bytes, before the picture does");
  }
  found.header.orientation = found.exif ? *found.exif : found.xmp.value_or(1);
  return found.header;
}

}  // namespace kinema::media
