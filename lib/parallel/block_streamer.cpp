// A ring of slots between the queue that fetches and the one that computes; job k is the k-th use
// of a block and goes into slot k mod slots.
#include "parallel/block_streamer.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <tuple>
#include <utility>

#include <c10/core/InferenceMode.h>

#include "base/error.h"

namespace kinema::parallel {
namespace {

// Two marks of a queue that goes straight on are as far apart.
constexpr std::chrono::microseconds kNoWait{10};

// An event whose times are not known yet.
struct Measured {
  StreamEvent event;
  tensor::Mark begin, end;
};

}  // namespace

StreamCounts StreamCounts::operator-(const StreamCounts& before) const {
  return {passes - before.passes, fetches - before.fetches, bytes_fetched - before.bytes_fetched};
}

struct BlockStreamer::State {
  StreamUnits units;
  std::unique_ptr<BlockHome> home;
  std::unique_ptr<DeviceLane> lane;
  std::vector<at::Tensor> slots;
  int64_t jobs = 0;
  bool inference = false;

  mutable std::mutex mutex;
  std::condition_variable changed;
  // Jobs whose fetches have been given to the device (on the CPU: are there), and jobs that have
  // been given to it (on the CPU: are over).
  int64_t fetched = 0, left = 0;
  bool stopped = false, ended = false;
  std::exception_ptr failure;
  StreamCounts counts;
  std::deque<Measured> measured;

  const StreamUnit& unit(int64_t job) const { return (*units)[index(job)]; }
  size_t index(int64_t job) const { return static_cast<size_t>(job) % units->size(); }
  size_t place(int64_t job) const { return static_cast<size_t>(job) % slots.size(); }
  at::Tensor& slot(int64_t job) { return slots[place(job)]; }
  // The lane's points.
  size_t filled(int64_t job) const { return place(job); }
  size_t free(int64_t job) const { return slots.size() + place(job); }

  // Whether the job has been announced and its slot is free.
  bool wanted(int64_t job) const {
    return job < jobs && job < left + static_cast<int64_t>(slots.size());
  }

  // False if the job will not be wanted any more.
  bool wait_until_wanted(int64_t job) {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return stopped || wanted(job); });
    return !stopped;
  }

  void wait_until_fetched(int64_t job) {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return fetched > job || failure; });
    if (fetched <= job) std::rethrow_exception(failure);
  }

  void fetch(int64_t job) {
    // Ahead of the point behind which the slot is free: nobody waits for computing.
    lane->fetch([&] { home->await(index(job)); });
    lane->hold_back(Queue::kFetch, free(job));
    auto begin = lane->mark(Queue::kFetch);
    lane->fetch([&] { home->fetch(index(job), slot(job)); });
    auto end = lane->mark(Queue::kFetch);
    lane->record(filled(job), Queue::kFetch);
    const std::lock_guard lock(mutex);
    fetched = job + 1;
    ++counts.fetches;
    const int64_t bytes = unit(job).layout.bytes();
    counts.bytes_fetched += bytes;
    measured.push_back({{StreamEvent::Kind::kFetch, unit(job).block, {}, {}, bytes},
                        std::move(begin),
                        std::move(end)});
    changed.notify_all();
  }

  // Keeps what `work` throws for whoever enters the block that needs it.
  template <typename Work>
  void guarded(Work&& work) {
    try {
      work();
    } catch (...) {
      const std::lock_guard lock(mutex);
      failure = std::current_exception();
      changed.notify_all();
    }
  }

  // Of the thread.
  void run() {
    // Tensors made in inference mode can be written in inference mode only, and the mode is a
    // thread's own.
    const c10::InferenceMode mode(inference);
    guarded([&] {
      for (int64_t job = 0; wait_until_wanted(job); ++job) fetch(job);
    });
    const std::lock_guard lock(mutex);
    ended = true;
    changed.notify_all();
  }

  // Without a thread: all that can be given to the device now without keeping the host.
  void fetch_ahead() {
    if (home->keeps_host() || failure) return;
    guarded([&] {
      while (wanted(fetched) && home->is_there(index(fetched))) fetch(fetched);
    });
  }

  // Without a thread: the job that is needed now, in spite of that. The device has the blocks
  // before it to compute.
  void fetch_needed(int64_t job) {
    if (home->keeps_host() || failure) return;
    guarded([&] {
      while (fetched <= job) fetch(fetched);
    });
  }

  // Who frees or uses the slots' memory next does so after the last fetch.
  void join_queues() noexcept {
    try {
      lane->record(0, Queue::kFetch);
      lane->hold_back(Queue::kCompute, 0);
    } catch (const std::exception&) {
      // The device has failed; whoever uses it next is told.
    }
  }
};

BlockStreamer::BlockStreamer(StreamUnits units,
                             std::unique_ptr<BlockHome> home,
                             at::Device device,
                             int slots,
                             int64_t passes)
    : BlockStreamer(std::move(units),
                    std::move(home),
                    device,
                    slots,
                    passes,
                    lane_of(device, 2 * static_cast<size_t>(slots))) {}

BlockStreamer::BlockStreamer(StreamUnits units,
                             std::unique_ptr<BlockHome> home,
                             at::Device device,
                             int slots,
                             int64_t passes,
                             std::unique_ptr<DeviceLane> lane)
    : state_(std::make_shared<State>()), errors_before_(std::uncaught_exceptions()) {
  auto& state = *state_;
  state.units = std::move(units);
  state.home = std::move(home);
  state.lane = std::move(lane);
  state.home->open();
  slots = std::min(slots, static_cast<int>(state.units->size()));
  for (int i = 0; i < slots; ++i)
    state.slots.push_back(flat_buffer(state.home->slot_bytes(), device));
  // After this the slots' memory and what the home has read are there.
  for (int i = 0; i < slots; ++i) state.lane->record(state.free(i), Queue::kCompute);
  state.jobs = passes * static_cast<int64_t>(state.units->size());
  state.inference = c10::InferenceMode::is_enabled();
  state.counts.passes = passes;
  if (state.home->keeps_host()) {
    thread_ = std::thread([state = state_] { state->run(); });
  } else {
    state.fetch_ahead();
  }
}

BlockStreamer::~BlockStreamer() {
  if (thread_.joinable() && !end_thread()) return;
  state_->join_queues();
}

bool BlockStreamer::end_thread() {
  constexpr std::chrono::milliseconds kPatience{200};
  std::unique_lock lock(state_->mutex);
  state_->stopped = true;
  state_->changed.notify_all();
  const bool failing = std::uncaught_exceptions() > errors_before_;
  const auto ended = [&] { return state_->ended; };
  if (failing && !state_->changed.wait_for(lock, kPatience, ended)) {
    thread_.detach();
    return false;
  }
  lock.unlock();
  thread_.join();
  return true;
}

void BlockStreamer::more(int64_t passes) {
  {
    const std::lock_guard lock(state_->mutex);
    state_->jobs += passes * static_cast<int64_t>(state_->units->size());
    state_->counts.passes += passes;
    state_->changed.notify_all();
  }
  state_->fetch_ahead();
}

void BlockStreamer::enter(int64_t index) {
  auto& state = *state_;
  const int64_t job = entered_;
  if (job >= state.jobs || state.unit(job).block != index) {
    throw Error(ErrorKind::kInternal,
                "block " + std::to_string(index) + " is used out of order or once too often (use " +
                    std::to_string(job + 1) + " of " + std::to_string(state.jobs) + ")");
  }
  auto before = state.lane->mark(Queue::kCompute);
  state.fetch_needed(job);
  state.wait_until_fetched(job);
  state.lane->hold_back(Queue::kCompute, state.filled(job));
  auto after = state.lane->mark(Queue::kCompute);
  bind(state.unit(job), state.slot(job));
  ++entered_;
  const std::lock_guard lock(state.mutex);
  state.measured.push_back(
      {{StreamEvent::Kind::kWait, index, {}, {}}, std::move(before), std::move(after)});
}

void BlockStreamer::leave(int64_t) {
  auto& state = *state_;
  const int64_t job = entered_ - 1;
  unbind(state.unit(job));
  state.lane->record(state.free(job), Queue::kCompute);
  {
    const std::lock_guard lock(state.mutex);
    ++state.left;
    state.changed.notify_all();
  }
  state.fetch_ahead();
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
  std::vector<Measured> measured;
  {
    const std::lock_guard lock(state_->mutex);
    auto& all = state_->measured;
    for (; !all.empty() && state_->lane->passed(all.front().end); all.pop_front())
      measured.push_back(std::move(all.front()));
  }
  std::vector<StreamEvent> events;
  for (auto& [event, begin, end] : measured) {
    std::tie(event.begin, event.end) = state_->lane->interval(begin, end);
    const bool waited = event.end - event.begin > kNoWait;
    if (event.kind == StreamEvent::Kind::kFetch || waited) events.push_back(event);
  }
  return events;
}

const BlockHome& BlockStreamer::home() const { return *state_->home; }

const std::vector<StreamUnit>& BlockStreamer::units() const { return *state_->units; }

int64_t BlockStreamer::resident_bytes() const {
  int64_t bytes = state_->home->resident_bytes();
  for (const auto& slot : state_->slots) bytes += slot.numel();
  return bytes;
}

}  // namespace kinema::parallel
