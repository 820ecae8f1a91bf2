// A tensor is read in pieces, each into the buffer that has been given to the device the longest
// ago. The caller reads too: a small tensor wakes nobody.
#include "weights/upload.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <c10/core/Event.h>
#include <c10/core/InferenceMode.h>
#include <c10/core/StreamGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include "tensor/dtype.h"

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

// Elements `first` to `first + count` of a part: whole rows, or a piece of one.
struct Piece {
  int64_t first, count, row, rows;
};

std::vector<Piece> pieces_of(const at::Tensor& into, int64_t most) {
  std::vector<Piece> pieces;
  const int64_t rows = into.dim() == 0 ? 1 : into.size(0);
  if (into.numel() == 0) return pieces;
  const int64_t width = into.numel() / rows;
  const int64_t step = std::max<int64_t>(1, most / width);
  for (int64_t row = 0; row < rows; row += step) {
    const int64_t count = std::min(step, rows - row);
    for (int64_t column = 0; column < width; column += most) {
      const int64_t elements = count > 1 ? count * width : std::min(most, width - column);
      pieces.push_back({row * width + column, elements, row, count});
      if (count > 1) break;
    }
  }
  return pieces;
}

// The factor of a piece's values seen as [rows, …].
at::Tensor scale_of(const at::Tensor& scale, const Piece& piece) {
  if (!scale.defined() || scale.numel() == 1) return scale;
  return scale.reshape({-1, 1}).narrow(0, piece.row, piece.rows);
}

// On the device: types change there, so that only stored bytes travel.
void place(const at::Tensor& staged, const at::Tensor& into, const at::Tensor& scale) {
  if (staged.scalar_type() == into.scalar_type() && !scale.defined()) {
    into.copy_(staged, /*non_blocking=*/true);
    return;
  }
  auto there = staged.to(into.device(), staged.scalar_type(), /*non_blocking=*/true);
  if (scale.defined()) {
    const int64_t rows = scale.numel() == 1 ? 1 : scale.size(0);
    there = (there.to(at::kFloat).view({rows, -1}) * scale).view({-1});
  }
  into.copy_(there);
}

// One tensor's upload.
struct Task {
  const StoredPart& part;
  at::Tensor into, scale;  // flat; of all the part's rows, on the device
  at::ScalarType stored_type;
  std::vector<Piece> pieces;
  bool inference;
  size_t next = 0, done = 0;
  std::exception_ptr failure = {};

  bool finished() const { return done == pieces.size(); }
};

struct Slot {
  at::Tensor buffer;
  UploadQueue::Wait wait;
};

Task task_of(const StoredPart& part, const at::Tensor& into, int64_t buffer_bytes) {
  const auto& entry = part.stored.entry;
  const auto bytes = static_cast<int64_t>(checkpoint::element_bytes(entry.dtype));
  Task task{.part = part,
            .into = into.view({-1}),
            .scale = {},
            .stored_type = tensor::dtype_from_safetensors(checkpoint::dtype_name(entry.dtype)),
            .pieces = pieces_of(into, std::max<int64_t>(1, buffer_bytes / bytes)),
            .inference = c10::InferenceMode::is_enabled()};
  if (!part.scale.defined()) return task;
  task.scale = part.scale.reshape({-1});
  if (task.scale.numel() > 1 && part.slice.length != 0 && part.slice.dim == 0)
    task.scale = task.scale.narrow(0, part.slice.start, part.slice.length);
  task.scale = task.scale.to(into.device());
  return task;
}

}  // namespace

std::unique_ptr<UploadQueue> upload_queue(at::Device device) {
  return std::make_unique<StreamQueue>(device);
}

struct Uploader::State {
  std::unique_ptr<UploadQueue> queue;
  UploadShape shape;
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<Slot> free;  // the one given to the device the longest ago first
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

  void read(const Task& one, const Piece& piece, Slot& slot) {
    if (slot.wait) std::exchange(slot.wait, {})();
    if (!slot.buffer.defined()) slot.buffer = queue->buffer(shape.buffer_bytes);
    const auto bytes = piece.count * static_cast<int64_t>(c10::elementSize(one.stored_type));
    auto staged = slot.buffer.narrow(0, 0, bytes);
    read_stored(one.part, piece.first,
                {static_cast<std::byte*>(staged.mutable_data_ptr()), static_cast<size_t>(bytes)});
    slot.wait = queue->give([staged = staged.view(one.stored_type),
                             into = one.into.narrow(0, piece.first, piece.count),
                             scale = scale_of(one.scale, piece)] { place(staged, into, scale); });
  }

  // Reads pieces for as long as there are any; `lock` is held before and after.
  void work(Task& one, std::unique_lock<std::mutex>& lock) {
    while (one.next < one.pieces.size()) {
      const auto& piece = one.pieces[one.next++];
      lock.unlock();
      auto slot = taken();
      std::exception_ptr failure;
      try {
        const c10::InferenceMode mode(one.inference);
        read(one, piece, slot);
      } catch (...) {
        failure = std::current_exception();
      }
      put(std::move(slot));
      lock.lock();
      ++one.done;
      if (failure) fail(one, failure);
      if (one.finished()) changed.notify_all();
    }
  }

  // Nobody begins another piece.
  static void fail(Task& one, const std::exception_ptr& failure) {
    if (!one.failure) one.failure = failure;
    one.done += one.pieces.size() - one.next;
    one.next = one.pieces.size();
  }

  void run() {
    std::unique_lock lock(mutex);
    while (true) {
      changed.wait(lock, [&] { return stopped || (task && task->next < task->pieces.size()); });
      if (stopped) return;
      work(*task, lock);
    }
  }
};

Uploader::Uploader(std::unique_ptr<UploadQueue> queue, UploadShape shape)
    : state_(std::make_unique<State>()) {
  state_->queue = std::move(queue);
  state_->shape = shape;
  // Fewer buffers than readers would have them wait for each other.
  state_->free.resize(static_cast<size_t>(std::max(shape.buffers, shape.threads)));
  for (int i = 1; i < shape.threads; ++i)
    state_->threads.emplace_back([state = state_.get()] { state->run(); });
}

Uploader::~Uploader() {
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

void Uploader::upload(const StoredPart& part, const at::Tensor& into) {
  auto task = task_of(part, into, state_->shape.buffer_bytes);
  state_->queue->begin();
  std::unique_lock lock(state_->mutex);
  state_->task = &task;
  if (task.pieces.size() > 1) state_->changed.notify_all();
  state_->work(task, lock);
  state_->changed.wait(lock, [&] { return task.finished(); });
  state_->task = nullptr;
  if (task.failure) std::rethrow_exception(task.failure);
}

}  // namespace kinema::weights
