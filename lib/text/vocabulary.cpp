// Open addressing with linear probing.
#include "text/vocabulary.h"

#include <bit>
#include <functional>
#include <utility>

namespace kinema::text {
namespace {

constexpr size_t kFewest = 16;

uint32_t hashed(std::string_view token) {
  return static_cast<uint32_t>(std::hash<std::string_view>{}(token));
}

}  // namespace

Vocabulary::Vocabulary(size_t expected)
    : slots_(std::bit_ceil(expected + expected / 3 + kFewest)) {}

size_t Vocabulary::place(std::string_view token, uint32_t hash) const {
  const size_t mask = slots_.size() - 1;
  size_t at = hash & mask;
  for (;; at = (at + 1) & mask) {
    const auto& slot = slots_[at];
    if (slot.length == kEmpty) return at;
    if (slot.hash == hash && slot.length == token.size() &&
        token == std::string_view(characters_).substr(slot.offset, slot.length)) {
      return at;
    }
  }
}

void Vocabulary::grow() {
  auto old = std::exchange(slots_, std::vector<Slot>(2 * slots_.size()));
  const size_t mask = slots_.size() - 1;
  for (const auto& slot : old) {
    if (slot.length == kEmpty) continue;
    size_t at = slot.hash & mask;
    while (slots_[at].length != kEmpty) at = (at + 1) & mask;
    slots_[at] = slot;
  }
}

bool Vocabulary::add(std::string_view token, uint32_t id) {
  if (4 * size_ >= 3 * slots_.size()) grow();
  const auto hash = hashed(token);
  auto& slot = slots_[place(token, hash)];
  if (slot.length != kEmpty) return false;
  slot = {hash, static_cast<uint32_t>(characters_.size()), static_cast<uint32_t>(token.size()), id};
  characters_ += token;
  ++size_;
  return true;
}

std::optional<uint32_t> Vocabulary::find(std::string_view token) const {
  const auto& slot = slots_[place(token, hashed(token))];
  if (slot.length == kEmpty) return std::nullopt;
  return slot.id;
}

}  // namespace kinema::text
