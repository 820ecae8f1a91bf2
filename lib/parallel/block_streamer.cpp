// A ring of slots between a thread that fetches and the one that computes; job k is the k-th use of
// a block and goes into slot k mod slots.
#include "parallel/block_streamer.h"

#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <utility>

#include <c10/core/InferenceMode.h>

#include "base/error.h"

namespace kinema::parallel {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_between(Clock::time_point begin, Clock::time_point end) {
  return std::chrono::duration<double>(end - begin).count();
}

}  // namespace

StreamCounts StreamCounts::operator-(const StreamCounts& before) const {
  return {passes - before.passes, fetches - before.fetches, bytes_fetched - before.bytes_fetched,
          waited_seconds - before.waited_seconds, fetching_seconds - before.fetching_seconds};
}

struct BlockStreamer::State {
  StreamUnits units;
  std::unique_ptr<BlockHome> home;
  std::vector<at::Tensor> slots;
  int64_t jobs = 0;
  bool inference = false;

  mutable std::mutex mutex;
  std::condition_variable changed;
  // Jobs whose weights are in their slots, and jobs whose slots are free again.
  int64_t fetched = 0, left = 0;
  bool stopped = false, ended = false;
  std::exception_ptr failure;
  StreamCounts counts;
  std::vector<StreamEvent> events;

  const StreamUnit& unit(int64_t job) const { return (*units)[index(job)]; }
  size_t index(int64_t job) const { return static_cast<size_t>(job) % units->size(); }
  at::Tensor& slot(int64_t job) { return slots[static_cast<size_t>(job) % slots.size()]; }

  // Until the job has been announced and its slot is free; false if it will not be wanted.
  bool wait_until_wanted(int64_t job) {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] {
      return stopped || (job < jobs && job < left + static_cast<int64_t>(slots.size()));
    });
    return !stopped;
  }

  void wait_until_fetched(int64_t job) {
    std::unique_lock lock(mutex);
    if (fetched <= job) {
      const auto start = Clock::now();
      changed.wait(lock, [&] { return fetched > job || failure; });
      events.push_back({StreamEvent::Kind::kWait, unit(job).block, start, Clock::now()});
      counts.waited_seconds += seconds_between(start, events.back().end);
    }
    if (fetched <= job) std::rethrow_exception(failure);
  }

  void fetch(int64_t job) {
    const auto start = Clock::now();
    home->fetch(index(job), slot(job));
    const std::lock_guard lock(mutex);
    fetched = job + 1;
    ++counts.fetches;
    const int64_t bytes = unit(job).layout.bytes();
    events.push_back({StreamEvent::Kind::kFetch, unit(job).block, start, Clock::now(), bytes});
    counts.bytes_fetched += bytes;
    counts.fetching_seconds += seconds_between(start, events.back().end);
    changed.notify_all();
  }

  void run() {
    // Tensors made in inference mode can be written in inference mode only, and the mode is a
    // thread's own.
    const c10::InferenceMode mode(inference);
    try {
      for (int64_t job = 0; wait_until_wanted(job); ++job) fetch(job);
    } catch (...) {
      const std::lock_guard lock(mutex);
      failure = std::current_exception();
    }
    const std::lock_guard lock(mutex);
    ended = true;
    changed.notify_all();
  }
};

BlockStreamer::BlockStreamer(StreamUnits units,
                             std::unique_ptr<BlockHome> home,
                             at::Device device,
                             int slots,
                             int64_t passes)
    : state_(std::make_shared<State>()), errors_before_(std::uncaught_exceptions()) {
  state_->units = std::move(units);
  state_->home = std::move(home);
  for (int i = 0; i < slots; ++i)
    state_->slots.push_back(flat_buffer(state_->home->slot_bytes(), device));
  state_->jobs = passes * static_cast<int64_t>(state_->units->size());
  state_->inference = c10::InferenceMode::is_enabled();
  state_->counts.passes = passes;
  if (device.is_cpu()) thread_ = std::thread([state = state_] { state->run(); });
}

BlockStreamer::~BlockStreamer() {
  if (!thread_.joinable()) return;
  constexpr std::chrono::milliseconds kPatience{200};
  std::unique_lock lock(state_->mutex);
  state_->stopped = true;
  state_->changed.notify_all();
  const bool failing = std::uncaught_exceptions() > errors_before_;
  const auto ended = [&] { return state_->ended; };
  if (failing && !state_->changed.wait_for(lock, kPatience, ended)) {
    thread_.detach();
    return;
  }
  lock.unlock();
  thread_.join();
}

void BlockStreamer::more(int64_t passes) {
  const std::lock_guard lock(state_->mutex);
  state_->jobs += passes * static_cast<int64_t>(state_->units->size());
  state_->counts.passes += passes;
  state_->changed.notify_all();
}

void BlockStreamer::enter(int64_t index) {
  auto& state = *state_;
  if (entered_ >= state.jobs || state.unit(entered_).block != index) {
    throw Error(ErrorKind::kInternal,
                "block " + std::to_string(index) + " is used out of order or once too often (use " +
                    std::to_string(entered_ + 1) + " of " + std::to_string(state.jobs) + ")");
  }
  if (!thread_.joinable()) state.fetch(entered_);
  state.wait_until_fetched(entered_);
  bind(state.unit(entered_), state.slot(entered_));
  ++entered_;
}

void BlockStreamer::leave(int64_t) {
  auto& state = *state_;
  unbind(state.unit(entered_ - 1));
  const std::lock_guard lock(state.mutex);
  ++state.left;
  state.changed.notify_all();
}

void BlockStreamer::pass_by() {
  for (const auto& unit : *state_->units) {
    enter(unit.block);
    leave(unit.block);
  }
}

StreamCounts BlockStreamer::counts() const {
  const std::lock_guard lock(state_->mutex);
  return state_->counts;
}

std::vector<StreamEvent> BlockStreamer::take_events() {
  const std::lock_guard lock(state_->mutex);
  return std::exchange(state_->events, {});
}

const BlockHome& BlockStreamer::home() const { return *state_->home; }

const std::vector<StreamUnit>& BlockStreamer::units() const { return *state_->units; }

int64_t BlockStreamer::resident_bytes() const {
  int64_t bytes = state_->home->resident_bytes();
  for (const auto& slot : state_->slots) bytes += slot.numel();
  return bytes;
}

}  // namespace kinema::parallel
