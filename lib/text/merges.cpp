// A heap of candidate pairs over a linked list of symbols.
#include "text/merges.h"

#include <bit>
#include <functional>
#include <queue>
#include <tuple>

namespace kinema::text {
namespace {

constexpr size_t kFewest = 16;

uint64_t packed(uint32_t left, uint32_t right) { return uint64_t{left} << 32 | right; }

}  // namespace

Merges::Merges(const std::vector<Merge>& ranked)
    : slots_(std::bit_ceil(2 * ranked.size() + kFewest)) {
  for (size_t rank = 0; rank < ranked.size(); ++rank) {
    const auto pair = packed(ranked[rank].left, ranked[rank].right);
    slots_[place(pair)] = {pair, static_cast<uint32_t>(rank), ranked[rank].result};
  }
}

size_t Merges::place(uint64_t pair) const {
  const size_t mask = slots_.size() - 1;
  // Fibonacci hashing; the upper bits are the mixed ones.
  size_t at = (pair * 0x9E3779B97F4A7C15u) >> 32 & mask;
  while (slots_[at].pair != kEmpty && slots_[at].pair != pair) at = (at + 1) & mask;
  return at;
}

const Merges::Slot* Merges::find(uint32_t left, uint32_t right) const {
  const auto& slot = slots_[place(packed(left, right))];
  return slot.pair == kEmpty ? nullptr : &slot;
}

// The merging of one word.
class MergeQueue {
 public:
  MergeQueue(const Merges& merges, const std::vector<uint32_t>& symbols) : merges_(merges) {
    symbols_.reserve(symbols.size());
    for (size_t i = 0; i < symbols.size(); ++i)
      symbols_.push_back({symbols[i], static_cast<int>(i) - 1, static_cast<int>(i) + 1});
    for (size_t i = 0; i < symbols_.size(); ++i) offer(static_cast<int>(i));
  }

  std::vector<uint32_t> run() {
    while (!candidates_.empty()) {
      const auto [rank, at, result] = candidates_.top();
      candidates_.pop();
      if (is_current(at, result)) merge(at, result);
    }
    std::vector<uint32_t> out;
    for (int at = 0; at < count(); at = symbols_[static_cast<size_t>(at)].next)
      out.push_back(symbols_[static_cast<size_t>(at)].token);
    return out;
  }

 private:
  struct Symbol {
    uint32_t token;
    int previous, next;  // next == count() at the end
    bool gone = false;
  };
  using Candidate = std::tuple<uint32_t, int, uint32_t>;  // rank, place of the left one, result

  int count() const { return static_cast<int>(symbols_.size()); }
  Symbol& symbol(int at) { return symbols_[static_cast<size_t>(at)]; }

  void offer(int at) {
    if (at < 0 || symbol(at).next >= count()) return;
    const auto* slot = merges_.find(symbol(at).token, symbol(symbol(at).next).token);
    if (slot != nullptr) candidates_.emplace(slot->rank, at, slot->result);
  }

  // Whether the pair that was offered still stands there.
  bool is_current(int at, uint32_t result) {
    if (symbol(at).gone || symbol(at).next >= count()) return false;
    const auto* slot = merges_.find(symbol(at).token, symbol(symbol(at).next).token);
    return slot != nullptr && slot->result == result;
  }

  void merge(int at, uint32_t result) {
    auto& left = symbol(at);
    auto& right = symbol(left.next);
    left.token = result;
    left.next = right.next;
    right.gone = true;
    if (left.next < count()) symbol(left.next).previous = at;
    offer(left.previous);
    offer(at);
  }

  const Merges& merges_;
  std::vector<Symbol> symbols_;
  std::priority_queue<Candidate, std::vector<Candidate>, std::greater<>> candidates_;
};

std::vector<uint32_t> Merges::merged(const std::vector<uint32_t>& symbols) const {
  if (symbols.size() < 2) return symbols;
  return MergeQueue(*this, symbols).run();
}

}  // namespace kinema::text
