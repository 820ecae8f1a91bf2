// One mutex, one condition; an error empties the queue so that nobody waits for ever.
#include "media/frame_worker.h"

#include <utility>

namespace kinema::media {

FrameWorker::FrameWorker(size_t capacity, std::function<void(const FrameBytes&)> work)
    : capacity_(capacity), work_(std::move(work)), thread_([this] { run(); }) {}

FrameWorker::~FrameWorker() {
  stop(/*drop=*/true);
  if (thread_.joinable()) thread_.join();
}

void FrameWorker::push(FrameBytes frame) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return waiting_.size() < capacity_ || failure_; });
  if (failure_) std::rethrow_exception(failure_);
  waiting_.push_back(std::move(frame));
  changed_.notify_all();
}

void FrameWorker::finish() {
  stop(/*drop=*/false);
  if (thread_.joinable()) thread_.join();
  if (failure_) std::rethrow_exception(failure_);
}

void FrameWorker::stop(bool drop) {
  std::lock_guard lock(mutex_);
  closed_ = true;
  if (drop) waiting_.clear();
  changed_.notify_all();
}

// False when there is nothing more to come.
bool FrameWorker::take(FrameBytes& frame) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return !waiting_.empty() || closed_; });
  if (waiting_.empty()) return false;
  frame = std::move(waiting_.front());
  waiting_.pop_front();
  changed_.notify_all();
  return true;
}

void FrameWorker::run() {
  FrameBytes frame;
  while (take(frame)) {
    try {
      work_(frame);
    } catch (...) {
      std::lock_guard lock(mutex_);
      failure_ = std::current_exception();
      waiting_.clear();
      closed_ = true;
      changed_.notify_all();
    }
  }
}

}  // namespace kinema::media
