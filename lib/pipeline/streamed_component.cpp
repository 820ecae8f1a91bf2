// Which home, how many slots, and what is said about it.
#include "pipeline/streamed_component.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/log.h"
#include "plan/machine.h"
#include "plan/memory.h"
#include "tensor/device.h"
#include "weights/stored.h"

namespace kinema::pipeline {
namespace {

// Where nothing was planned: one that computes and one that arrives.
constexpr int64_t kSlots = 2;

bool denoises(const std::string& name) { return name == "transformer"; }

// Which of the blocks stay. Encoders are passed over once or twice, so that theirs would be read as
// often if they stayed.
std::vector<int64_t> staying(const Runtime& runtime,
                             const std::string& name,
                             const std::vector<std::string>& blocks) {
  if (!denoises(name) || !streams_blocks(runtime)) return {};
  return plan::resident_blocks(static_cast<int64_t>(blocks.size()),
                               runtime.request.resident_blocks.value_or(0));
}

uint64_t largest_unit(const std::vector<parallel::StreamUnit>& units) {
  int64_t most = 0;
  for (const auto& unit : units) most = std::max(most, unit.layout.bytes());
  return static_cast<uint64_t>(most);
}

uint64_t all_units(const std::vector<parallel::StreamUnit>& units) {
  int64_t sum = 0;
  for (const auto& unit : units) sum += unit.layout.bytes();
  return static_cast<uint64_t>(sum);
}

// Whether a parameter is stored in another type than it is computed in, or changed by LoRA files.
bool converts(const std::vector<parallel::StreamUnit>& units, at::ScalarType dtype) {
  for (const auto& unit : units) {
    for (const auto& stack : unit.parts) {
      for (const auto& part : stack) {
        if (part.added || weights::view(part.stored).scalar_type() != dtype) return true;
      }
    }
  }
  return false;
}

// Bytes that may still be taken; 0 if unknown.
uint64_t free_host_memory(const Runtime& runtime) {
  const uint64_t free = plan::available_memory();
  const auto& allowed = runtime.request.max_memory;
  if (!allowed || !runtime.device.is_cpu()) return free;
  return std::min(free, static_cast<uint64_t>(*allowed * 1e9));
}

// Whether the system has as much as was planned. What other ranks have taken of theirs is gone
// already, so that only this one's share counts.
bool has_room(const Runtime& runtime, uint64_t bytes) {
  const auto enough = [&] {
    const uint64_t free = plan::available_memory();
    return free == 0 || bytes <= free;
  };
  if (enough()) return true;
  // Pages of a network that is gone wait there for another.
  tensor::release_unused_host_memory(runtime.device);
  return enough();
}

void tell_short(const Runtime& runtime, const std::string& name, uint64_t bytes) {
  const auto text = fmt::format(
      "{}: blocks come from the files, not from host memory as planned: they take {} GB, but {} GB "
      "are free now",
      name, plan::gigabytes(bytes), plan::gigabytes(plan::available_memory()));
  runtime.team.is_first() ? note(text) : log_verbose(text);
}

double seconds_between(parallel::DeviceLane::Time begin, parallel::DeviceLane::Time end) {
  return std::chrono::duration<double>(end - begin).count();
}

parallel::Sharding sharding(const Runtime& runtime) {
  using parallel::Sharding;
  const bool on_host = runtime.request.offload == config::Offload::kBlock;
  Sharding sharding{.device = runtime.device};
  if (on_host) {
    sharding.memory = Sharding::Memory::kHost;
  } else if (!runtime.device.is_cpu()) {
    sharding.peers = comm::gpu_peer_memory(runtime.device);
  }
  return sharding;
}

}  // namespace

bool streams_blocks(const Runtime& runtime) {
  return runtime.team.weights() != nullptr || config::in_blocks(runtime.request.offload);
}

StreamedComponent::StreamedComponent(const Runtime& runtime,
                                     const std::string& name,
                                     weights::NameMap names,
                                     const std::vector<parallel::CutRule>& rules,
                                     const std::vector<std::string>& blocks)
    : name_(name),
      component_(runtime, name, std::move(names), rules),
      resident_(staying(runtime, name, blocks)),
      slots_(static_cast<int>(runtime.request.stream_slots.value_or(kSlots))) {
  if (!streams_blocks(runtime)) return;
  source_.emplace(component_.store(), component_.cut(), blocks, resident_);
}

weights::ParamSource& StreamedComponent::source() {
  if (source_) return *source_;
  return component_.source();
}

std::unique_ptr<parallel::BlockHome> StreamedComponent::chosen_home(
    const Runtime& runtime, const parallel::StreamUnits& units) const {
  if (const auto& group = runtime.team.weights())
    return parallel::shard_home(units, group, sharding(runtime));
  if (offload_home(runtime, units) == plan::OffloadHome::kHostMemory)
    return parallel::host_home(units, runtime.device);
  return parallel::file_home(units, runtime.device);
}

// The denoiser's blocks are where the plan has them, by which it has chosen how many of them stay;
// what else is streamed is passed over once or twice and takes what they leave.
plan::OffloadHome StreamedComponent::offload_home(const Runtime& runtime,
                                                  const parallel::StreamUnits& units) const {
  const uint64_t bytes = all_units(*units);
  const auto& planned = runtime.planned_host_bytes;
  if (denoises(name_) && planned) {
    if (*planned == 0) return plan::OffloadHome::kFiles;
    if (has_room(runtime, bytes)) return plan::OffloadHome::kHostMemory;
    tell_short(runtime, name_, bytes);
    return plan::OffloadHome::kFiles;
  }
  return plan::offload_home({.bytes = bytes,
                             .reserved = planned.value_or(0),
                             .free = free_host_memory(runtime),
                             .ranks = runtime.machine_ranks,
                             .on_cpu = runtime.device.is_cpu(),
                             .converts = converts(*units, runtime.dtype),
                             .from_disk = runtime.request.offload == config::Offload::kDisk});
}

void StreamedComponent::keep(const Runtime& runtime) {
  component_.made();
  if (!source_ || units_) return;
  units_ = source_->units();
  home_ = chosen_home(runtime, units_);
}

void StreamedComponent::begin_to_stream(Runtime& runtime, int64_t passes) {
  keep(runtime);
  slots_ = std::min(slots_, static_cast<int>(units_->size()));
  streamer_.emplace(units_, std::move(home_), runtime.device, slots_, passes);
  log_verbose(
      fmt::format("{}: {} units + root, {} blocks stay, {} bytes the largest, from {}, {} "
                  "slots",
                  name_, units_->size(), resident_.size(), largest_unit(*units_),
                  streamer_->home().text(), slots_));
}

void StreamedComponent::start(Runtime& runtime, int64_t passes) {
  if (runtime.stages.traces() || source_) clock_.emplace(runtime.device);
  traced_ = runtime.stages.traces() ? &runtime.stages : nullptr;
  if (streamer_) {
    streamer_->more(passes);
  } else {
    if (source_) begin_to_stream(runtime, passes);
    component_.loaded(runtime.stages);
    bytes_reported_ = component_.bytes_read();
  }
  runtime.stages.read(component_.bytes_read() - bytes_reported_);
  bytes_reported_ = component_.bytes_read();
}

void StreamedComponent::fold() {
  const auto name = [&](int64_t block) { return name_ + " block " + std::to_string(block); };
  for (; !uses_.empty() && clock_->passed(uses_.front().end); uses_.pop_front()) {
    const auto& use = uses_.front();
    const auto [begin, end] = clock_->interval(use.begin, use.end);
    if (traced_ != nullptr) traced_->span("compute", name(use.block), begin, end);
    if (!stays(use.block)) sums_[use.block].computing += seconds_between(begin, end);
  }
  if (!streamer_) return;
  for (const auto& event : streamer_->take_events()) {
    const bool fetch = event.kind == parallel::StreamEvent::Kind::kFetch;
    if (traced_ != nullptr)
      traced_->span(fetch ? "fetch" : "wait", name(event.block), event.begin, event.end,
                    static_cast<uint64_t>(event.bytes));
    auto& sums = sums_[event.block];
    (fetch ? sums.fetching : sums.waiting) += seconds_between(event.begin, event.end);
  }
}

void StreamedComponent::tell(Runtime& runtime, report::StreamMeasure& stream) {
  if (clock_) tensor::synchronize(runtime.device);
  fold();
  const double passes = std::max(1.0, static_cast<double>(stream.passes));
  for (const auto& [block, sums] : sums_) {
    stream.fetching_seconds += sums.fetching;
    stream.exposed_seconds += sums.waiting;
    stream.blocks.push_back(block);
    stream.block_compute_seconds.push_back(sums.computing / passes);
    stream.block_fetch_seconds.push_back(sums.fetching / passes);
    stream.block_exposed_seconds.push_back(sums.waiting / passes);
  }
  sums_.clear();
  traced_ = nullptr;
  clock_.reset();
}

void StreamedComponent::finish(Runtime& runtime) {
  report::StreamMeasure stream;
  if (!streamer_) return tell(runtime, stream);
  const auto all = streamer_->counts();
  const auto counts = all - counts_reported_;
  counts_reported_ = all;
  const auto& home = streamer_->home();
  stream.home = home.text();
  stream.units = static_cast<int64_t>(streamer_->units().size());
  stream.resident_blocks = static_cast<int64_t>(resident_.size());
  stream.slots = slots_;
  stream.passes = counts.passes;
  stream.fetches = counts.fetches;
  stream.largest_unit_bytes = largest_unit(streamer_->units());
  stream.fetched_bytes = static_cast<uint64_t>(counts.bytes_fetched);
  stream.sent_bytes = home.bytes_sent() - std::exchange(sent_reported_, home.bytes_sent());
  stream.home_bytes = static_cast<uint64_t>(home.resident_bytes());
  stream.read_bytes = home.bytes_read();
  stream.resident_bytes =
      static_cast<uint64_t>(streamer_->resident_bytes() + source_->resident_bytes());
  runtime.stages.read(home.bytes_read() - std::exchange(kept_reported_, home.bytes_read()));
  tell(runtime, stream);
  log_verbose(name_ + ": " + std::to_string(counts.fetches) + " fetches in " +
              std::to_string(counts.passes) + " passes took " +
              std::to_string(stream.fetching_seconds) + " s; blocks waited " +
              std::to_string(stream.exposed_seconds) + " s");
  runtime.stages.streamed(name_, stream);
}

bool StreamedComponent::stays(int64_t index) const {
  return std::binary_search(resident_.begin(), resident_.end(), index);
}

void StreamedComponent::enter(int64_t index) {
  // Once a pass, so that not more than a few passes are kept block by block.
  if (!uses_.empty() && index <= uses_.back().block) fold();
  if (streamer_ && !stays(index)) streamer_->enter(index);
  if (clock_) uses_.push_back({index, clock_->mark(), {}});
}

void StreamedComponent::leave(int64_t index) {
  if (clock_) uses_.back().end = clock_->mark();
  if (streamer_ && !stays(index)) streamer_->leave(index);
}

void StreamedComponent::pass_by() {
  if (streamer_) streamer_->pass_by();
}

}  // namespace kinema::pipeline
