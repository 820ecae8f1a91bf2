// One anonymous shared mapping; rows are plain bytes guarded by a counter, as a reader may look at
// a dead writer's row.
#include "launch/status_board.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <new>

#include <sys/mman.h>

namespace kinema::launch {
namespace {

constexpr size_t kPhaseBytes = 64, kCollectiveBytes = 64, kWhatBytes = 4096, kHintBytes = 1024;

template <size_t N>
void put(std::array<char, N>& field, const std::string& text) {
  const auto count = std::min(text.size(), N - 1);
  std::memcpy(field.data(), text.data(), count);
  field[count] = '\0';
}

template <size_t N>
std::string got(const std::array<char, N>& field) {
  return {field.data(), ::strnlen(field.data(), N)};
}

}  // namespace

struct StatusBoard::Row {
  std::array<char, kPhaseBytes> phase;
  std::array<char, kCollectiveBytes> collective, gather;
  std::atomic<uint64_t> beats;
  std::atomic<bool> waits, gathers, finished;
  std::atomic<int64_t> failure_order;  // 0 while it has not failed
  ErrorKind kind;
  std::array<char, kWhatBytes> what;
  std::array<char, kHintBytes> hint;
};

struct StatusBoard::Page {
  std::atomic<int64_t> failures;
  Row rows[1];
};

StatusBoard::StatusBoard(int ranks, int first_rank)
    : ranks_(ranks),
      first_rank_(first_rank),
      bytes_(sizeof(Page) + sizeof(Row) * static_cast<size_t>(ranks)) {
  void* memory = ::mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) {
    throw Error(ErrorKind::kMemory,
                std::string("no shared memory for the ranks' status: ") + std::strerror(errno));
  }
  page_ =
      static_cast<Page*>(memory);  // zeroed by the kernel, which is every member's initial value
}

StatusBoard::~StatusBoard() { ::munmap(page_, bytes_); }

StatusBoard::Row& StatusBoard::row(int rank) const { return page_->rows[rank - first_rank_]; }

void StatusBoard::report_phase(int rank, const std::string& phase) {
  put(row(rank).phase, phase);
  row(rank).beats.fetch_add(1);
}

void StatusBoard::report_collective(int rank, const std::string& collective) {
  put(row(rank).collective, collective);
  row(rank).waits.store(true);
  row(rank).beats.fetch_add(1);
}

void StatusBoard::report_returned(int rank) {
  row(rank).waits.store(false);
  row(rank).beats.fetch_add(1);
}

void StatusBoard::report_gather(int rank, const std::string& gather) {
  put(row(rank).gather, gather);
  row(rank).gathers.store(true);
  row(rank).beats.fetch_add(1);
}

void StatusBoard::report_gathered(int rank) {
  row(rank).gathers.store(false);
  row(rank).beats.fetch_add(1);
}

void StatusBoard::report_finished(int rank) { row(rank).finished.store(true); }

void StatusBoard::report_failure(int rank, const Error& error) {
  auto& mine = row(rank);
  if (mine.failure_order.load() != 0) return;
  mine.kind = error.kind();
  put(mine.what, error.what());
  put(mine.hint, error.hint());
  mine.failure_order.store(page_->failures.fetch_add(1) + 1);
}

RankStatus StatusBoard::status(int rank) const {
  const auto& mine = row(rank);
  return {got(mine.phase),
          got(mine.collective),
          got(mine.gather),
          mine.beats.load(),
          mine.waits.load() || mine.gathers.load(),
          mine.finished.load()};
}

bool StatusBoard::has_failed(int rank) const { return row(rank).failure_order.load() != 0; }

RankFailure StatusBoard::failure(int rank) const {
  return {row(rank).kind, got(row(rank).what), got(row(rank).hint), row(rank).failure_order.load()};
}

}  // namespace kinema::launch
