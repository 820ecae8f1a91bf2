// FNV-1a with its published 128-bit prime.
#include "checkpoint/fingerprint.h"

#include <cstdint>

namespace kinema::checkpoint {

void Fingerprint::mix(unsigned char byte) {
  constexpr auto kPrime = (static_cast<unsigned __int128>(0x1000000) << 64) | 0x13b;
  state_ = (state_ ^ byte) * kPrime;
}

void Fingerprint::add(std::string_view bytes) {
  for (uint64_t length = bytes.size(), i = 0; i < 8; ++i)
    mix(static_cast<unsigned char>(length >> (8 * i)));
  for (char byte : bytes) mix(static_cast<unsigned char>(byte));
}

std::string Fingerprint::hex() const {
  std::string text;
  for (int shift = 124; shift >= 0; shift -= 4)
    text += "0123456789abcdef"[static_cast<unsigned>(state_ >> shift) & 15];
  return text;
}

}  // namespace kinema::checkpoint
