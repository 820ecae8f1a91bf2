// Blocks are read in order, so that the files are too.
#include "parallel/kept_parts.h"

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include <c10/core/InferenceMode.h>

#include "parallel/side_queue.h"
#include "weights/upload_ring.h"

namespace kinema::parallel {

int64_t longest_block(const StreamUnits& units, int64_t parts) {
  int64_t most = 0;
  for (const auto& unit : *units) most = std::max(most, unit.layout.part_bytes(parts) * parts);
  return most;
}

struct KeptParts::State {
  State(StreamUnits the_units, PartOf the_part, at::Device device)
      : units(std::move(the_units)), part(the_part), queue(device) {
    for (const auto& unit : *units) {
      offsets.push_back(bytes);
      bytes += unit.layout.part_bytes(part.parts);
    }
    pieces.resize(units->size());
  }
  ~State() {
    {
      const std::lock_guard lock(mutex);
      stopped = true;
    }
    if (thread.joinable()) thread.join();
  }

  // Of unit `index`: how many bytes its part has, and where in the block it begins.
  int64_t part_bytes(size_t index) const { return (*units)[index].layout.part_bytes(part.parts); }
  int64_t begin(size_t index) const { return part.index * part_bytes(index); }

  // Reads one unit's part into `pieces` and returns how many bytes of the files that were.
  using Read = std::function<uint64_t(size_t index)>;

  // `reader` makes what reads, on the thread.
  void start(std::function<Read()> reader) {
    thread = std::thread(
        [this, reader = std::move(reader), inference = c10::InferenceMode::is_enabled()] {
          // Tensors made in inference mode can be written in inference mode only.
          const c10::InferenceMode mode(inference);
          try {
            queue.enter();
            const auto read_one = reader();
            for (size_t i = 0; i < units->size(); ++i) {
              const auto bytes_of_files = read_one(i);
              queue.settle();
              const std::lock_guard lock(mutex);
              read += bytes_of_files;
              there = i + 1;
              changed.notify_all();
              if (stopped) return;
            }
          } catch (...) {
            const std::lock_guard lock(mutex);
            failure = std::current_exception();
            changed.notify_all();
          }
        });
  }

  StreamUnits units;
  PartOf part;
  SideQueue queue;
  std::vector<std::vector<at::Tensor>> pieces;  // of each unit, in order
  std::vector<int64_t> offsets;
  at::Tensor all;
  int64_t bytes = 0;

  mutable std::mutex mutex;
  mutable std::condition_variable changed;
  size_t there = 0;  // units whose parts have been read
  uint64_t read = 0;
  bool stopped = false;
  std::exception_ptr failure;
  std::thread thread;
};

KeptParts::KeptParts(std::unique_ptr<State> state) : state_(std::move(state)) {}
KeptParts::KeptParts(KeptParts&&) noexcept = default;
KeptParts::~KeptParts() = default;

KeptParts KeptParts::on_device(const StreamUnits& units, PartOf part, at::Device device) {
  auto made = std::make_unique<State>(units, part, device);
  auto& state = *made;
  state.all = flat_buffer(state.bytes, device);
  for (size_t i = 0; i < units->size(); ++i)
    state.pieces[i] = {state.all.narrow(0, state.offsets[i], state.part_bytes(i))};
  state.start([&state, device]() -> State::Read {
    std::shared_ptr<weights::UploadRing> ring;
    if (!device.is_cpu())
      ring = std::make_shared<weights::UploadRing>(weights::upload_queue(device));
    return [&state, ring](size_t index) {
      const auto& unit = (*state.units)[index];
      const auto& into = state.pieces[index].front();
      return ring ? read_flat(*ring, unit, state.begin(index), into)
                  : read_flat(unit, state.begin(index), into);
    };
  });
  return KeptParts(std::move(made));
}

KeptParts KeptParts::in_host_memory(const StreamUnits& units,
                                    PartOf part,
                                    at::Device device,
                                    int64_t page) {
  auto made = std::make_unique<State>(units, part, device);
  auto& state = *made;
  state.start([&state, device, page]() -> State::Read {
    auto pages = std::make_shared<HostPages>(state.bytes, device, page);
    return [&state, pages](size_t index) {
      uint64_t read = 0;
      int64_t begin = state.begin(index);
      for (const auto& piece : state.pieces[index] = pages->take(state.part_bytes(index))) {
        read += read_flat((*state.units)[index], begin, piece);
        begin += piece.numel();
      }
      return read;
    };
  });
  return KeptParts(std::move(made));
}

bool KeptParts::is_there(size_t index) const {
  const std::lock_guard lock(state_->mutex);
  return state_->there > index;
}

void KeptParts::await(size_t index) const {
  auto& state = *state_;
  std::unique_lock lock(state.mutex);
  state.changed.wait(lock, [&] { return state.there > index || state.failure; });
  if (state.there <= index) std::rethrow_exception(state.failure);
}

at::Tensor KeptParts::whole(size_t index) const {
  const auto& pieces = state_->pieces[index];
  return pieces.size() == 1 ? pieces.front() : at::Tensor();
}

void KeptParts::copy(size_t index, const at::Tensor& into) const {
  int64_t at = 0;
  for (const auto& piece : state_->pieces[index]) {
    into.narrow(0, at, piece.numel()).copy_(piece, /*non_blocking=*/true);
    at += piece.numel();
  }
}

const at::Tensor& KeptParts::all() const { return state_->all; }

int64_t KeptParts::offset(size_t index) const { return state_->offsets[index]; }

int64_t KeptParts::bytes() const { return state_->bytes; }

uint64_t KeptParts::bytes_read() const {
  const std::lock_guard lock(state_->mutex);
  return state_->read;
}

}  // namespace kinema::parallel
