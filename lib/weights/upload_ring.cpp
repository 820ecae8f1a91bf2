// The caller fills buffers too: what fits into one wakes nobody.
#include "weights/upload_ring.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include <ATen/ops/empty.h>
#include <c10/core/Event.h>
#include <c10/core/InferenceMode.h>
#include <c10/core/StreamGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>

namespace kinema::weights {
namespace {

class StreamQueue : public UploadQueue {
 public:
  explicit StreamQueue(at::Device device)
      : device_(device), guard_(device.type()), stream_(guard_.getStream(device)) {}

  at::Tensor buffer(int64_t bytes) override {
    return at::empty({bytes}, at::TensorOptions(at::kByte).pinned_memory(true));
  }
  void begin() override { stream_ = guard_.getStream(device_); }
  Wait give(const std::function<void()>& work) override {
    const c10::StreamGuard current(stream_);
    work();
    auto event = std::make_shared<c10::Event>(device_.type());
    event->record(stream_);
    return [event] { event->synchronize(); };
  }

 private:
  at::Device device_;
  c10::impl::VirtualGuardImpl guard_;
  c10::Stream stream_;
};

struct Task {
  const UploadRing::Fill& fill;
  int64_t pieces;
  bool inference;
  int64_t next = 0, done = 0;
  std::exception_ptr failure = {};

  bool finished() const { return done == pieces; }
  // Nobody begins another piece.
  void fail(const std::exception_ptr& why) {
    if (!failure) failure = why;
    done += pieces - next;
    next = pieces;
  }
};

struct Slot {
  at::Tensor buffer;
  UploadQueue::Wait wait;
};

}  // namespace

std::unique_ptr<UploadQueue> upload_queue(at::Device device) {
  return std::make_unique<StreamQueue>(device);
}

struct UploadRing::State {
  std::unique_ptr<UploadQueue> queue;
  int64_t buffer_bytes = 0;
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<Slot> free;  // the one given to the device the longest ago first
  size_t slots = 0;
  Task* task = nullptr;
  bool stopped = false;
  std::vector<std::thread> threads;

  Slot taken() {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return !free.empty(); });
    auto slot = std::move(free.front());
    free.pop_front();
    return slot;
  }
  void put(Slot slot) {
    const std::lock_guard lock(mutex);
    free.push_back(std::move(slot));
    changed.notify_all();
  }

  void fill(const Task& one, int64_t piece, Slot& slot) {
    const c10::InferenceMode mode(one.inference);
    if (slot.wait) std::exchange(slot.wait, {})();
    if (!slot.buffer.defined()) slot.buffer = queue->buffer(buffer_bytes);
    slot.wait = queue->give(one.fill(piece, slot.buffer));
  }

  // Fills pieces for as long as there are any; `lock` is held before and after.
  void work(Task& one, std::unique_lock<std::mutex>& lock) {
    while (one.next < one.pieces) {
      const auto piece = one.next++;
      lock.unlock();
      auto slot = taken();
      std::exception_ptr failure;
      try {
        fill(one, piece, slot);
      } catch (...) {
        failure = std::current_exception();
      }
      put(std::move(slot));
      lock.lock();
      ++one.done;
      if (failure) one.fail(failure);
      if (one.finished()) changed.notify_all();
    }
  }

  void run() {
    std::unique_lock lock(mutex);
    while (true) {
      changed.wait(lock, [&] { return stopped || (task && task->next < task->pieces); });
      if (stopped) return;
      work(*task, lock);
    }
  }
};

UploadRing::UploadRing(std::unique_ptr<UploadQueue> queue, const RingShape& shape)
    : state_(std::make_unique<State>()) {
  state_->queue = std::move(queue);
  state_->buffer_bytes = shape.buffer_bytes;
  // Fewer buffers than threads would have them wait for each other.
  state_->slots = static_cast<size_t>(std::max(shape.buffers, shape.threads));
  state_->free.resize(state_->slots);
  for (int i = 1; i < shape.threads; ++i)
    state_->threads.emplace_back([state = state_.get()] { state->run(); });
}

UploadRing::~UploadRing() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->stopped = true;
    state_->changed.notify_all();
  }
  for (auto& thread : state_->threads) thread.join();
  for (auto& slot : state_->free) {
    try {
      if (slot.wait) slot.wait();
    } catch (...) {
      // A device that has failed copies nothing any more; whoever used it has been told.
    }
  }
}

int64_t UploadRing::buffer_bytes() const { return state_->buffer_bytes; }

int64_t UploadRing::bytes() const {
  return state_->buffer_bytes * static_cast<int64_t>(state_->slots);
}

void UploadRing::upload(int64_t pieces, const Fill& fill) {
  Task task{.fill = fill, .pieces = pieces, .inference = c10::InferenceMode::is_enabled()};
  state_->queue->begin();
  std::unique_lock lock(state_->mutex);
  state_->task = &task;
  if (pieces > 1) state_->changed.notify_all();
  state_->work(task, lock);
  state_->changed.wait(lock, [&] { return task.finished(); });
  state_->task = nullptr;
  if (task.failure) std::rethrow_exception(task.failure);
}

}  // namespace kinema::weights
