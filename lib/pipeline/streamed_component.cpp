// Which home, how many slots, and what is said about it.
#include "pipeline/streamed_component.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <map>
#include <utility>

#include "base/log.h"
#include "plan/machine.h"
#include "plan/memory.h"
#include "plan/residency.h"
#include "tensor/device.h"
#include "weights/stored.h"

namespace kinema::pipeline {
namespace {

// Where nothing was planned: one that computes and one that arrives.
constexpr int64_t kSlots = 2;

// Which of the blocks stay. Encoders are passed over once or twice, so that theirs would be read as
// often if they stayed.
std::vector<int64_t> staying(const Runtime& runtime,
                             const std::string& name,
                             const std::vector<std::string>& blocks) {
  if (name != "transformer" || !streams_blocks(runtime)) return {};
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

uint64_t free_host_memory(const Runtime& runtime) {
  const uint64_t free = plan::available_memory();
  const auto& allowed = runtime.request.max_memory;
  if (!allowed || !runtime.device.is_cpu()) return free;
  return std::min(free, static_cast<uint64_t>(*allowed * 1e9));
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
  return runtime.team.weights() != nullptr || runtime.request.offload == config::Offload::kBlock;
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
  const plan::OffloadCase where{.bytes = all_units(*units),
                                .free = free_host_memory(runtime),
                                .ranks = runtime.team.denoising(),
                                .on_cpu = runtime.device.is_cpu(),
                                .converts = converts(*units, runtime.dtype)};
  if (plan::offload_home(where) == plan::OffloadHome::kHostMemory)
    return parallel::host_home(units, runtime.device);
  return parallel::file_home(units, runtime.device);
}

void StreamedComponent::begin_to_stream(Runtime& runtime, int64_t passes) {
  auto units = source_->units();
  auto home = chosen_home(runtime, units);
  runtime.stages.read(home->bytes_read());
  log_verbose(fmt::format(
      "{}: {} units + root, {} blocks stay, {} bytes the largest, from {}, {} "
      "slots",
      name_, units->size(), resident_.size(), largest_unit(*units), home->text(), slots_));
  streamer_.emplace(std::move(units), std::move(home), runtime.device, slots_, passes);
}

void StreamedComponent::start(Runtime& runtime, int64_t passes) {
  if (runtime.stages.traces() || source_) clock_.emplace(runtime.device);
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

void StreamedComponent::tell(Runtime& runtime, report::StreamMeasure& stream) {
  std::map<int64_t, std::array<double, 3>> sums;  // computing, being fetched, being waited for
  const auto add = [&](int64_t block, size_t kind, double seconds) {
    if (!stays(block)) sums[block][kind] += seconds;
  };
  const auto name = [&](int64_t block) { return name_ + " block " + std::to_string(block); };
  if (clock_) tensor::synchronize(runtime.device);
  for (const auto& use : uses_) {
    const auto [begin, end] = clock_->interval(use.begin, use.end);
    runtime.stages.span("compute", name(use.block), begin, end);
    add(use.block, 0, seconds_between(begin, end));
  }
  if (streamer_) {
    for (const auto& event : streamer_->take_events()) {
      const bool fetch = event.kind == parallel::StreamEvent::Kind::kFetch;
      runtime.stages.span(fetch ? "fetch" : "wait", name(event.block), event.begin, event.end,
                          static_cast<uint64_t>(event.bytes));
      const double seconds = seconds_between(event.begin, event.end);
      add(event.block, fetch ? 1 : 2, seconds);
      (fetch ? stream.fetching_seconds : stream.exposed_seconds) += seconds;
    }
  }
  const double passes = std::max(1.0, static_cast<double>(stream.passes));
  for (const auto& [block, sum] : sums) {
    stream.blocks.push_back(block);
    stream.block_compute_seconds.push_back(sum[0] / passes);
    stream.block_fetch_seconds.push_back(sum[1] / passes);
    stream.block_exposed_seconds.push_back(sum[2] / passes);
  }
  uses_.clear();
  clock_.reset();
}

void StreamedComponent::finish(Runtime& runtime) {
  report::StreamMeasure stream;
  if (!streamer_) return tell(runtime, stream);
  const auto all = streamer_->counts();
  const auto counts = all - counts_reported_;
  counts_reported_ = all;
  const auto sent = streamer_->home().bytes_sent();
  stream.home = streamer_->home().text();
  stream.units = static_cast<int64_t>(streamer_->units().size());
  stream.resident_blocks = static_cast<int64_t>(resident_.size());
  stream.slots = slots_;
  stream.passes = counts.passes;
  stream.fetches = counts.fetches;
  stream.largest_unit_bytes = largest_unit(streamer_->units());
  stream.fetched_bytes = static_cast<uint64_t>(counts.bytes_fetched);
  stream.sent_bytes = sent - sent_reported_;
  stream.resident_bytes =
      static_cast<uint64_t>(streamer_->resident_bytes() + source_->resident_bytes());
  tell(runtime, stream);
  sent_reported_ = sent;
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
