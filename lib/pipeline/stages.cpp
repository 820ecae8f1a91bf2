// Clocks, and the resident peak as the kernel counts it.
#include "pipeline/stages.h"

#include <algorithm>
#include <fstream>

#include <ATen/ops/tensor.h>
#include <malloc.h>

#include "base/interrupt.h"
#include "base/log.h"
#include "tensor/device.h"

namespace kinema::pipeline {
namespace {

// The step whose kernels are counted: the first finds their plans and allocates what the others
// reuse.
constexpr size_t kCountedStep = 2;

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// VmHWM of this process in bytes.
uint64_t resident_peak() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmHWM:")) return std::stoull(line.substr(6)) * 1024;
  }
  return 0;
}

// Starts the count of the resident peak again, without what the stages before have freed; where the
// kernel does not allow it the peak is the process's.
void reset_resident_peak() {
  ::malloc_trim(0);
  std::ofstream("/proc/self/clear_refs") << '5';
}

// A stage that was left and begun again.
void add(report::StageMeasure& sum, const report::StageMeasure& more) {
  auto largest = [](uint64_t& into, uint64_t value) { into = std::max(into, value); };
  sum.seconds += more.seconds;
  sum.step_seconds.insert(sum.step_seconds.end(), more.step_seconds.begin(),
                          more.step_seconds.end());
  for (const auto& [group, bytes] : more.bytes_sent) sum.bytes_sent[group] += bytes;
  for (const auto& [group, time] : more.communication) sum.communication[group].add(time);
  for (const auto& [group, steps] : more.step_bytes_sent) {
    auto& all = sum.step_bytes_sent[group];
    all.insert(all.end(), steps.begin(), steps.end());
  }
  sum.bytes_read += more.bytes_read;
  for (const auto& [component, stream] : more.streams) sum.streams[component] = stream;
  for (const auto& [component, load] : more.loads) {
    auto& all = sum.loads[component];
    all.bytes += load.bytes;
    all.exposed_seconds += load.exposed_seconds;
    all.beside_seconds += load.beside_seconds;
  }
  sum.attention.insert(sum.attention.end(), more.attention.begin(), more.attention.end());
  if (sum.kernels.empty()) sum.kernels = more.kernels;
  sum.spans.insert(sum.spans.end(), more.spans.begin(), more.spans.end());
  largest(sum.peak_host_bytes, more.peak_host_bytes);
  largest(sum.peak_allocated_bytes, more.peak_allocated_bytes);
  largest(sum.peak_reserved_bytes, more.peak_reserved_bytes);
  largest(sum.peak_device_bytes, more.peak_device_bytes);
}

}  // namespace

Stages::Stages(at::Device device, const parallel::Team& team, report::Progress& progress)
    : device_(device),
      team_(team),
      progress_(progress),
      communication_(device,
                     [this](const std::string& group,
                            const comm::Operation& operation,
                            TimePoint begin,
                            TimePoint end) {
                       span("communication", group + " " + operation.name, begin, end,
                            static_cast<uint64_t>(operation.bytes_out));
                     }) {}

void Stages::begin(const std::string& stage, int64_t steps) {
  end();
  running_ = true;
  steps_ = steps;
  given_ = 0;
  current_ = {};
  current_.stage = stage;
  reset_resident_peak();
  tensor::reset_memory_peaks(device_);
  attention_.emplace();
  progress_.stage_began(stage, steps);
  sent_before_ = sent_before_step_ = team_.bytes_sent();
  began_ = step_began_ = Clock::now();
}

void Stages::trace() {
  team_.replica().barrier();
  origin_ = Clock::now();
}

void Stages::span(const std::string& track,
                  const std::string& name,
                  TimePoint begin,
                  TimePoint end,
                  uint64_t bytes) {
  if (!origin_) return;
  const auto seconds = [&](TimePoint time) {
    return std::chrono::duration<double>(time - *origin_).count();
  };
  current_.spans.push_back({track, name, seconds(begin), seconds(end), bytes});
}

void Stages::count_kernels() {
  constexpr size_t kShown = 10;
  if (kernels_) {
    for (auto& one : kernels_->take(kShown))
      current_.kernels.push_back({std::move(one.name), one.calls, one.seconds});
    kernels_.reset();
  }
  if (running_ && traces() && current_.step_seconds.size() + 1 == kCountedStep && steps_ > 1)
    kernels_.emplace(device_);
}

// LibTorch calls the watch at every operator, and the steps that follow attend as the first.
void Stages::keep_attention() {
  if (!attention_) return;
  for (const auto& use : attention_->seen()) {
    current_.attention.push_back({use.kernel, use.type, use.queries, use.keys, use.heads,
                                  use.head_dim, use.biased, use.calls});
    log_verbose(fmt::format("{}: {} attention, {}: {} queries, {} keys, {} heads of {}{}",
                            current_.stage, use.kernel, use.type, use.queries, use.keys, use.heads,
                            use.head_dim, use.biased ? ", with a bias" : ""));
  }
  attention_.reset();
}

bool Stages::step_given() {
  ++given_;
  const auto sent = team_.bytes_sent();
  for (const auto& [group, bytes] : sent)
    current_.step_bytes_sent[group].push_back(bytes - sent_before_step_[group]);
  sent_before_step_ = sent;
  const bool counted = traces() && steps_ > 1 && given_ <= kCountedStep;
  if (counted) tensor::synchronize(device_);
  return counted;
}

void Stages::step_done() {
  if (given_ == current_.step_seconds.size()) step_given();
  keep_attention();
  current_.step_seconds.push_back(seconds_since(step_began_));
  span("steps", current_.stage + " step " + std::to_string(current_.step_seconds.size()),
       step_began_, Clock::now());
  count_kernels();
  step_began_ = Clock::now();
  progress_.step_ended(static_cast<int64_t>(current_.step_seconds.size()), steps_);
}

void Stages::loaded(const std::string& component,
                    uint64_t bytes,
                    TimePoint opened,
                    TimePoint made) {
  read(bytes);
  auto& load = current_.loads[component];
  load.bytes += bytes;
  load.exposed_seconds += seconds_since(std::max(opened, began_));
  const std::chrono::duration<double> beside = std::min(made, began_) - opened;
  load.beside_seconds += std::max(0.0, beside.count());
}

void Stages::read_ahead(const std::vector<checkpoint::ReadMeasure>& reads) {
  for (const auto& read : reads) {
    const auto loads = [&](const report::StageMeasure& stage) {
      const auto found = stage.loads.find(read.name);
      return found != stage.loads.end() && found->second.ahead_bytes == 0;
    };
    // Halves of a component are read apart, in the order of their loads.
    const auto stage = std::find_if(measures_.begin(), measures_.end(), loads);
    if (stage == measures_.end()) continue;
    auto& load = stage->loads.at(read.name);
    load.ahead_bytes = read.bytes;
    load.cached_bytes = read.cached;
    load.ahead_seconds = read.seconds;
  }
}

void Stages::communicates(const std::string& group,
                          const comm::Operation& operation,
                          comm::Moment moment) {
  communication_.note(group, operation, moment);
}

void Stages::end() {
  if (!running_) return;
  running_ = false;
  keep_attention();
  count_kernels();
  tensor::synchronize(device_);
  current_.seconds = seconds_since(began_);
  span("stages", current_.stage, began_, Clock::now());
  current_.peak_host_bytes = resident_peak();
  for (const auto& [group, bytes] : team_.bytes_sent())
    current_.bytes_sent[group] = bytes - sent_before_[group];
  for (const auto& [group, time] : communication_.take())
    current_.communication[group] = {time.operations, time.seconds, time.exposed_seconds};
  const auto device = tensor::memory_peaks(device_);
  current_.peak_allocated_bytes = device.allocated;
  current_.peak_reserved_bytes = device.reserved;
  current_.peak_device_bytes = device.device_used;
  progress_.stage_ended({current_.seconds, current_.peak_host_bytes, current_.peak_device_bytes});
  auto same = std::find_if(measures_.begin(), measures_.end(),
                           [&](const auto& measure) { return measure.stage == current_.stage; });
  if (same == measures_.end()) {
    measures_.push_back(current_);
  } else {
    add(*same, current_);
  }
}

bool interrupted_together(const parallel::Team& team) {
  const bool here = interrupt_signal() != 0;
  if (team.size() == 1) return here;
  auto signals = at::tensor({here ? 1 : 0});
  team.replica().all_reduce_sum(signals);
  return signals.item<int>() > 0;
}

}  // namespace kinema::pipeline
