// The calling thread copies pieces up in order, while LibTorch's threads fill those behind them.
#include "parallel/staged_reader.h"

#include <algorithm>
#include <exception>
#include <future>
#include <utility>

#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>

namespace kinema::parallel {

struct StagedReader::Piece {
  // Waits until the device has taken what is in it.
  void await_copied() {
    if (copied) std::exchange(copied, {})();
  }

  at::Tensor memory;
  weights::UploadQueue::Wait copied;
  std::future<uint64_t> filled;  // bytes of the files
};

StagedReader::StagedReader(std::unique_ptr<weights::UploadQueue> queue, const Staging& staging)
    : queue_(std::move(queue)), piece_(staging.piece) {
  for (size_t i = 0; i < staging.pieces; ++i) {
    ring_.push_back(std::make_unique<Piece>());
    ring_.back()->memory = queue_->buffer(piece_);
  }
}

StagedReader::~StagedReader() {
  for (auto& piece : ring_) {
    try {
      piece->await_copied();
    } catch (const std::exception&) {
      // A device that has failed copies nothing any more; whoever used it has been told.
    }
  }
}

int64_t StagedReader::bytes() const { return piece_ * static_cast<int64_t>(ring_.size()); }

void StagedReader::fill(Piece& piece, const StreamUnit& unit, int64_t from, int64_t bytes) {
  piece.await_copied();
  auto task = std::make_shared<std::packaged_task<uint64_t()>>(
      [&unit, from, into = piece.memory.narrow(0, 0, bytes),
       inference = c10::InferenceMode::is_enabled()] {
        const c10::InferenceMode mode(inference);
        return read_flat(unit, from, into);
      });
  piece.filled = task->get_future();
  at::launch([task] { (*task)(); });
}

uint64_t StagedReader::read(const StreamUnit& unit, int64_t begin, const at::Tensor& into) {
  const int64_t end = into.numel(), ahead = bytes();
  const auto length = [&](int64_t at) { return std::min(piece_, end - at); };
  const auto piece = [&](int64_t at) -> Piece& {
    return *ring_[static_cast<size_t>(at / piece_) % ring_.size()];
  };
  queue_->begin();
  for (int64_t at = 0; at < std::min(end, ahead); at += piece_)
    fill(piece(at), unit, begin + at, length(at));
  uint64_t read = 0;
  std::exception_ptr failure;
  // After a failure too, what is under way must end: it reads what the caller has lent.
  for (int64_t at = 0; at < end && piece(at).filled.valid(); at += piece_) {
    try {
      read += piece(at).filled.get();
      if (failure) continue;
      piece(at).copied = queue_->give([&] {
        into.narrow(0, at, length(at))
            .copy_(piece(at).memory.narrow(0, 0, length(at)), /*non_blocking=*/true);
      });
      if (at + ahead < end) fill(piece(at), unit, begin + at + ahead, length(at + ahead));
    } catch (...) {
      failure = std::current_exception();
    }
  }
  if (failure) std::rethrow_exception(failure);
  return read;
}

}  // namespace kinema::parallel
