// The card by its driver's name, or this process's share of the cores; bytes over rates.
#include "plan/job_cost.h"

#include <algorithm>

namespace kinema::plan {

MachineRates machine_rates(const Job& job, const Surroundings& around, int64_t ranks) {
  const auto& request = job.request();
  const int64_t here = around.local_ranks.value_or(ranks);
  MachineRates rates;
  if (request.device.kind == config::Device::Kind::kCuda) {
    const auto index = static_cast<size_t>(request.device.index);
    rates = gpu_rates(index < around.gpus.size() ? around.gpus[index] : "");
  } else {
    const int64_t cores = std::max<int64_t>(1, around.cores / std::max<int64_t>(1, here));
    rates = cpu_rates(request.threads.value_or(cores));
  }
  rates.ranks_per_machine = here < ranks ? here : 0;
  return rates;
}

LoadTime load_time(const Job& job, const StageEstimate& stage) {
  const auto& rates = job.predicted.rates;
  const auto& plan = job.parallel;
  // Ranks with parts of their own read different bytes; the others find theirs in the cache.
  const int64_t parts = plan.tensor * std::max<int64_t>(1, plan.hsdp_shard);
  const int64_t near = rates.ranks_per_machine == 0 ? parts : rates.ranks_per_machine;
  const auto read = static_cast<double>(stage.read);
  const double copied = read - std::min(read, static_cast<double>(stage.mapped));
  LoadTime time;
  time.warm = copied / rates.host_bytes_per_second;
  time.cold = std::max(
      read * static_cast<double>(std::min(parts, near)) / rates.disk_bytes_per_second, time.warm);
  return time;
}

}  // namespace kinema::plan
