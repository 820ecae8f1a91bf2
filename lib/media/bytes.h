// Numbers out of a file's bytes, each read checked against the end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace kinema::media {

// Thrown by ByteView; never leaves the parsers of this folder.
struct Truncated {};

// Does not own the bytes.
class ByteView {
 public:
  explicit ByteView(std::span<const uint8_t> bytes) : bytes_(bytes) {}

  size_t size() const { return bytes_.size(); }
  uint8_t u8(size_t at) const { return part(at, 1)[0]; }
  uint32_t be16(size_t at) const { return big(at, 2); }
  uint32_t be32(size_t at) const { return big(at, 4); }
  uint32_t le16(size_t at) const { return little(at, 2); }
  uint32_t le24(size_t at) const { return little(at, 3); }
  uint32_t le32(size_t at) const { return little(at, 4); }

  std::string_view text(size_t at, size_t count) const {
    auto chars = part(at, count);
    return {reinterpret_cast<const char*>(chars.data()), chars.size()};
  }
  bool holds(size_t at, std::string_view expected) const {
    return at <= size() && expected.size() <= size() - at && text(at, expected.size()) == expected;
  }
  ByteView sub(size_t at, size_t count) const { return ByteView(part(at, count)); }

 private:
  std::span<const uint8_t> part(size_t at, size_t count) const {
    if (at > bytes_.size() || count > bytes_.size() - at) throw Truncated{};
    return bytes_.subspan(at, count);
  }
  uint32_t big(size_t at, size_t count) const {
    uint32_t value = 0;
    for (uint8_t byte : part(at, count)) value = value << 8 | byte;
    return value;
  }
  uint32_t little(size_t at, size_t count) const {
    uint32_t value = 0;
    auto bytes = part(at, count);
    for (size_t i = count; i-- > 0;) value = value << 8 | bytes[i];
    return value;
  }

  std::span<const uint8_t> bytes_;
};

}  // namespace kinema::media
