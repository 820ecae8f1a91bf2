// Where the job runs.
#include <algorithm>

#include "base/log.h"
#include "config/value_text.h"
#include "plan/resolution.h"

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
    if (gpus > 0 && !gpu)
      r.note("computes on the CPU although there is a GPU: this build's LibTorch knows no CUDA");
  }
  if (device.kind != Device::Kind::kCuda) return;
  const auto asked = config::Value<Device>::text(device);
  if (!r.around.cuda_build) {
    r.wrong(fmt::format("--device {}: this build's LibTorch knows the CPU only", asked),
            "--device cpu, or a build with a LibTorch that has CUDA");
  } else if (device.index >= gpus) {
    r.wrong(fmt::format("--device {}: {} visible GPU{}", asked, gpus, gpus == 1 ? "" : "s"),
            gpus == 0 ? "--device cpu" : fmt::format("--device cuda:{}", gpus - 1));
  }
}

}  // namespace

void resolve_machine(Resolution& r) {
  auto& request = r.request();
  choose_device(r);
  const bool gpu = request.device.kind == Device::Kind::kCuda;
  r.fill(request.dtype, "dtype", gpu ? Dtype::kBfloat16 : Dtype::kFloat32, "the device");
  if (request.kernels == config::Kernels::kFused && !gpu) {
    r.wrong("--kernels fused: the kernels are for GPUs", "--kernels reference");
  } else if (request.kernels == config::Kernels::kFused && !r.around.kernels_build) {
    r.wrong("--kernels fused: this build has no kernels of its own",
            "--kernels reference, or a build with -DKINEMA_CUDA=ON");
  }
  // On the CPU what is kept for later comes out of the same memory.
  if (!gpu && request.max_memory) {
    const auto most = static_cast<uint64_t>(*request.max_memory * 1e9);
    r.job.host_memory = r.job.host_memory == 0 ? most : std::min(r.job.host_memory, most);
  }
  resolve_layout(r);
  // Processes that share a machine share its cores; more threads than cores only wait for each
  // other.
  const int64_t processes =
      std::max<int64_t>(1, r.around.local_ranks.value_or(r.job.parallel.world_size()));
  r.fill(request.threads, "threads", std::max<int64_t>(1, r.around.cores / processes),
         "this machine");
}

}  // namespace kinema::plan
