// PNG without any library: deflate's stored blocks, which every reader knows.
#include <algorithm>
#include <array>
#include <string_view>

#include "media/png.h"

namespace kinema::media {
namespace {

using Bytes = std::vector<uint8_t>;

void put32(Bytes& out, uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<uint8_t>(value >> shift));
}

std::array<uint32_t, 256> crc_table() {
  std::array<uint32_t, 256> table{};
  for (uint32_t n = 0; n < 256; ++n) {
    uint32_t c = n;
    for (int bit = 0; bit < 8; ++bit) c = (c & 1) != 0 ? 0xEDB88320u ^ (c >> 1) : c >> 1;
    table[n] = c;
  }
  return table;
}

uint32_t crc32(std::span<const uint8_t> bytes) {
  static const auto table = crc_table();
  uint32_t c = 0xFFFFFFFFu;
  for (uint8_t byte : bytes) c = table[(c ^ byte) & 0xFF] ^ (c >> 8);
  return ~c;
}

uint32_t adler32(std::span<const uint8_t> bytes) {
  uint32_t a = 1, b = 0;
  for (uint8_t byte : bytes) {
    a = (a + byte) % 65521;
    b = (b + a) % 65521;
  }
  return b << 16 | a;
}

void put_chunk(Bytes& out, std::string_view type, std::span<const uint8_t> data) {
  put32(out, static_cast<uint32_t>(data.size()));
  const size_t start = out.size();
  out.insert(out.end(), type.begin(), type.end());
  out.insert(out.end(), data.begin(), data.end());
  put32(out, crc32(std::span(out).subspan(start)));
}

Bytes header(Size size) {
  Bytes data;
  put32(data, static_cast<uint32_t>(size.width));
  put32(data, static_cast<uint32_t>(size.height));
  data.insert(data.end(), {8, 2, 0, 0, 0});  // 8 bits, RGB, no interlacing
  return data;
}

// Every row with its filter byte, 0: none.
Bytes filtered_rows(Size size, std::span<const uint8_t> rgb) {
  const size_t row = static_cast<size_t>(size.width) * 3;
  Bytes rows;
  rows.reserve((row + 1) * static_cast<size_t>(size.height));
  for (size_t at = 0; at < rgb.size(); at += row) {
    rows.push_back(0);
    rows.insert(rows.end(), rgb.begin() + at, rgb.begin() + at + row);
  }
  return rows;
}

Bytes stored_zlib(std::span<const uint8_t> bytes) {
  constexpr size_t kBlock = 65535;
  Bytes out = {0x78, 0x01};
  out.reserve(bytes.size() + bytes.size() / kBlock * 5 + 16);
  for (size_t at = 0; at < bytes.size(); at += kBlock) {
    const size_t count = std::min(kBlock, bytes.size() - at);
    const auto low = static_cast<uint8_t>(count), high = static_cast<uint8_t>(count >> 8);
    const uint8_t last = at + count == bytes.size() ? 1 : 0;
    out.insert(out.end(),
               {last, low, high, static_cast<uint8_t>(~low), static_cast<uint8_t>(~high)});
    out.insert(out.end(), bytes.begin() + at, bytes.begin() + at + count);
  }
  put32(out, adler32(bytes));
  return out;
}

}  // namespace

std::vector<uint8_t> png_bytes(Size size, std::span<const uint8_t> rgb) {
  Bytes out = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
  put_chunk(out, "IHDR", header(size));
  put_chunk(out, "IDAT", stored_zlib(filtered_rows(size, rgb)));
  put_chunk(out, "IEND", {});
  return out;
}

}  // namespace kinema::media
