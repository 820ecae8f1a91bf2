// Kineto's events, summed by name.
#include "tensor/kernel_times.h"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <set>
#include <utility>

#include <torch/csrc/autograd/profiler_kineto.h>

#include "tensor/device.h"

namespace kinema::tensor {
namespace {

namespace profiler = torch::autograd::profiler;
using torch::profiler::impl::ActivityType;

bool is_cuda(const profiler::KinetoEvent& event) {
  return event.deviceType() == c10::DeviceType::CUDA && !event.isHiddenEvent();
}

// Operators that no other one called: they follow each other.
std::vector<const profiler::KinetoEvent*> outermost(const profiler::ProfilerResult& result) {
  std::vector<const profiler::KinetoEvent*> all, outer;
  for (const auto& event : result.events())
    if (event.deviceType() == c10::DeviceType::CPU) all.push_back(&event);
  std::stable_sort(all.begin(), all.end(),
                   [](const auto* a, const auto* b) { return a->startNs() < b->startNs(); });
  for (const auto* event : all)
    if (outer.empty() || event->startNs() >= outer.back()->endNs()) outer.push_back(event);
  return outer;
}

std::vector<const profiler::KinetoEvent*> kernels(const profiler::ProfilerResult& result) {
  std::vector<const profiler::KinetoEvent*> all;
  for (const auto& event : result.events())
    if (is_cuda(event)) all.push_back(&event);
  return all;
}

}  // namespace

KernelTimes::KernelTimes(at::Device device) : device_(device) {
  std::set<ActivityType> activities = {ActivityType::CPU};
  if (device_.is_cuda()) {
    activities = {ActivityType::CUDA};
  } else {
    // Where no GPU is, Kineto says on standard error that it finds none.
    ::setenv("KINETO_LOG_LEVEL", "99", /*overwrite=*/0);
  }
  const torch::profiler::impl::ProfilerConfig config(torch::profiler::impl::ProfilerState::KINETO);
  profiler::prepareProfiler(config, activities);
  synchronize(device_);
  profiler::enableProfiler(config, activities, {at::RecordScope::FUNCTION});
}

KernelTimes::~KernelTimes() {
  if (counts_) profiler::disableProfiler();
}

std::vector<KernelTime> KernelTimes::take(size_t most) {
  synchronize(device_);
  counts_ = false;
  const auto result = profiler::disableProfiler();
  std::map<std::string, KernelTime> sums;
  for (const auto* event : device_.is_cuda() ? kernels(*result) : outermost(*result)) {
    auto& sum = sums[event->name()];
    ++sum.calls;
    sum.seconds += static_cast<double>(event->durationNs()) * 1e-9;
  }
  std::vector<KernelTime> times;
  for (auto& [name, sum] : sums) {
    sum.name = name;
    times.push_back(std::move(sum));
  }
  std::sort(times.begin(), times.end(),
            [](const auto& a, const auto& b) { return a.seconds > b.seconds; });
  times.resize(std::min(most, times.size()));
  return times;
}

}  // namespace kinema::tensor
