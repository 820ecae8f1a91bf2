// A few pieces are asked for at a time; one byte of a piece's end says that it is there.
#include "checkpoint/read_ahead.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <deque>
#include <mutex>
#include <span>
#include <thread>
#include <utility>

#include "base/error.h"

namespace kinema::checkpoint {
namespace {

constexpr uint64_t kPieceBytes = 4 << 20;
// Enough to keep a disk busy, little enough not to delay a page that somebody waits for.
constexpr size_t kInFlight = 8;
// Gaps up to this are read with what is around them.
constexpr uint64_t kGapBytes = 64 << 10;

struct Range {
  const MappedFile* map;
  uint64_t offset, bytes;

  std::span<const std::byte> span() const { return map->bytes().subspan(offset, bytes); }
};

// Of the needed tensors, by file and place, neighbours joined.
std::vector<Range> ranges_of(const Component& component, const Wanted& wanted) {
  std::vector<Range> ranges;
  for (const auto& [name, tensor] : component.tensors()) {
    if (tensor.entry.bytes > 0 && wanted.needed(name))
      ranges.push_back({tensor.map.get(), tensor.entry.offset, tensor.entry.bytes});
  }
  std::sort(ranges.begin(), ranges.end(), [](const Range& a, const Range& b) {
    if (a.map != b.map) return a.map->path() < b.map->path();
    return a.offset < b.offset;
  });
  std::vector<Range> joined;
  for (const auto& range : ranges) {
    const bool next = !joined.empty() && joined.back().map == range.map &&
                      range.offset <= joined.back().offset + joined.back().bytes + kGapBytes;
    if (next) {
      joined.back().bytes = range.offset + range.bytes - joined.back().offset;
    } else {
      joined.push_back(range);
    }
  }
  return joined;
}

std::deque<Range> pieces_of(const Component& component, const Wanted& wanted) {
  std::deque<Range> pieces;
  for (const auto& range : ranges_of(component, wanted)) {
    for (uint64_t at = 0; at < range.bytes; at += kPieceBytes)
      pieces.push_back({range.map, range.offset + at, std::min(kPieceBytes, range.bytes - at)});
  }
  return pieces;
}

void wait_for(const Range& piece) {
  std::array<std::byte, 1> last;
  piece.map->read(piece.offset + piece.bytes - 1, last);
}

}  // namespace

struct ReadAhead::State {
  std::vector<Wanted> wanted;
  uint64_t budget;
  mutable std::mutex mutex;
  bool stopped = false;
  std::vector<ReadMeasure> measures;
  std::thread thread;

  void add(uint64_t bytes, uint64_t cached, double seconds) {
    const std::lock_guard lock(mutex);
    auto& now = measures.back();
    now.bytes += bytes, now.cached += cached, now.seconds = seconds;
  }
  bool goes_on() const {
    const std::lock_guard lock(mutex);
    return !stopped && budget > 0;
  }

  void read(const Wanted& one) {
    using Clock = std::chrono::steady_clock;
    const auto start = Clock::now();
    const auto seconds = [&] {
      return std::chrono::duration<double>(Clock::now() - start).count();
    };
    const auto component = Component::open(one.path);
    auto pieces = pieces_of(component, one);
    std::deque<Range> asked;
    while (goes_on() && !(pieces.empty() && asked.empty())) {
      if (pieces.empty() || asked.size() >= kInFlight) {
        wait_for(asked.front());
        asked.pop_front();
        add(0, 0, seconds());
        continue;
      }
      const auto piece = pieces.front();
      pieces.pop_front();
      const auto cached = std::min(piece.bytes, piece.map->cached_bytes(piece.span()));
      add(piece.bytes, cached, seconds());
      budget -= std::min(budget, piece.bytes);
      // Also of what is said to be cached: of others' files the system says so at all times.
      piece.map->prefetch(piece.span());
      asked.push_back(piece);
    }
  }

  void run() {
    for (const auto& one : wanted) {
      if (!goes_on()) return;
      {
        const std::lock_guard lock(mutex);
        measures.push_back({one.name});
      }
      try {
        read(one);
      } catch (const Error&) {
        // Whoever needs the file says what is wrong with it.
      }
    }
  }
};

ReadAhead::ReadAhead(std::vector<Wanted> wanted, uint64_t budget)
    : state_(std::make_unique<State>()) {
  state_->wanted = std::move(wanted);
  state_->budget = budget;
  state_->thread = std::thread([state = state_.get()] { state->run(); });
}

ReadAhead::~ReadAhead() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->stopped = true;
  }
  wait();
}

std::vector<ReadMeasure> ReadAhead::measures() const {
  const std::lock_guard lock(state_->mutex);
  return state_->measures;
}

void ReadAhead::wait() {
  if (state_->thread.joinable()) state_->thread.join();
}

}  // namespace kinema::checkpoint
