// Token strings to ids: a flat table over one block of characters, because a hundred thousand
// small allocations are what loading a tokenizer would otherwise consist of.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kinema::text {

class Vocabulary {
 public:
  explicit Vocabulary(size_t expected = 0);

  // False if the token is there already; its id then stays.
  bool add(std::string_view token, uint32_t id);
  std::optional<uint32_t> find(std::string_view token) const;
  size_t size() const { return size_; }

 private:
  struct Slot {
    uint32_t hash = 0, offset = 0, length = kEmpty, id = 0;
  };
  static constexpr uint32_t kEmpty = UINT32_MAX;

  // Where `token` is, or the empty slot where it would go.
  size_t place(std::string_view token, uint32_t hash) const;
  void grow();

  std::string characters_;
  std::vector<Slot> slots_;  // a power of two of them, at most three quarters in use
  size_t size_ = 0;
};

}  // namespace kinema::text
