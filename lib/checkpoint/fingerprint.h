// A 128-bit FNV-1a hash of a sequence of strings: to tell contents apart, not against forgery.
#pragma once

#include <string>
#include <string_view>

namespace kinema::checkpoint {

class Fingerprint {
 public:
  // Adds one string; where one ends and the next begins counts.
  void add(std::string_view bytes);
  // 32 hexadecimal digits.
  std::string hex() const;

 private:
  void mix(unsigned char byte);

  // The published offset basis, 0x6c62272e07bb014262b821756295c58d.
  unsigned __int128 state_ =
      (static_cast<unsigned __int128>(0x6c62272e07bb0142) << 64) | 0x62b821756295c58d;
};

}  // namespace kinema::checkpoint
