// Where the job runs and how it is shared.
#include <algorithm>

#include "base/log.h"
#include "config/value_text.h"
#include "plan/parallel_request.h"
#include "plan/resolution.h"
#include "plan/split_limits.h"

namespace kinema::plan {
namespace {

using config::Device;
using config::Dtype;

void choose_device(Resolution& r) {
  auto& device = r.request().device;
  const auto gpus = static_cast<int64_t>(r.around.gpus.size());
  if (device.kind == Device::Kind::kAuto) {
    const bool gpu = r.around.cuda_build && gpus > 0;
    device = {gpu ? Device::Kind::kCuda : Device::Kind::kCpu, 0};
    r.job.settings.sources["device"] = gpu ? "the first GPU" : "no GPU";
  }
  if (device.kind != Device::Kind::kCuda) return;
  const auto asked = config::Value<Device>::text(device);
  if (!r.around.cuda_build) {
    r.wrong(fmt::format("--device {}: this build computes on the CPU only", asked), "--device cpu");
  } else if (device.index >= gpus) {
    r.wrong(fmt::format("--device {}: {} visible GPU{}", asked, gpus, gpus == 1 ? "" : "s"),
            gpus == 0 ? "--device cpu" : fmt::format("--device cuda:{}", gpus - 1));
  }
}

void choose_layout(Resolution& r) {
  const auto& request = r.request();
  const auto limits = split_limits(request, r.job.model, r.job.tokens);
  r.job.parallel = requested_plan(request, limits, r.violations);
  std::optional<int64_t> gpus;
  if (request.device.kind == Device::Kind::kCuda && !request.share_gpus)
    gpus = static_cast<int64_t>(r.around.gpus.size());
  check_plan(r.job.parallel, limits, gpus, r.violations);
  if (r.job.parallel.data > 1) {
    r.wrong(fmt::format("--num-gpus {}: {} work on one video; the rest would have nothing to do",
                        *request.num_gpus, plan_text(r.job.parallel)),
            "--parallel auto, or degrees whose product is the number of GPUs");
  }
}

}  // namespace

void resolve_machine(Resolution& r) {
  auto& request = r.request();
  choose_device(r);
  const bool gpu = request.device.kind == Device::Kind::kCuda;
  r.fill(request.dtype, "dtype", gpu ? Dtype::kBfloat16 : Dtype::kFloat32, "the device");
  choose_layout(r);
  // Processes that share a machine share its cores; more threads than cores only wait for each other.
  const int64_t processes = std::max<int64_t>(1, r.job.parallel.world_size());
  r.fill(request.threads, "threads", std::max<int64_t>(1, r.around.cores / processes),
         "this machine");
}

}  // namespace kinema::plan
