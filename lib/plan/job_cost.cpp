// The card by its driver's name, or this process's share of the cores.
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

}  // namespace kinema::plan
