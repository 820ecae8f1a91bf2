// The choice is made from what all processes say of their devices, never from one's own view.
#include "groups.h"

#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "base/log.h"
#include "comm/checked.h"
#include "comm/gloo.h"
#include "comm/nccl.h"
#include "tensor/device.h"

namespace kinema::engine {
namespace {

using MakeGroup =
    std::function<std::unique_ptr<comm::Communicator>(const std::string&, const std::vector<int>&)>;

// Empty where NCCL can be used, otherwise why not.
std::string without_nccl(at::Device device, comm::Rendezvous& rendezvous) {
  const auto devices = rendezvous.exchange("device", tensor::gpu_identity(device.index()));
  const std::set<std::string> different(devices.begin(), devices.end());
  if (different.size() < devices.size()) {
    return std::to_string(devices.size()) + " processes share " + std::to_string(different.size()) +
           (different.size() == 1 ? " GPU" : " GPUs");
  }
  bool everywhere = true;
  const bool here = std::filesystem::exists(comm::nccl_module());
  for (const auto& one : rendezvous.exchange("nccl_module", here ? "1" : "0"))
    everywhere = everywhere && one == "1";
  return everywhere ? "" : "this build has no NCCL (-DKINEMA_NCCL=ON builds it)";
}

MakeGroup gloo(comm::Rendezvous& rendezvous) {
  return [&rendezvous](const std::string& name, const std::vector<int>& members) {
    return comm::gloo_group(rendezvous, name, members);
  };
}

MakeGroup transport(at::Device device,
                    comm::Rendezvous& rendezvous,
                    std::function<void(const Error&)> on_failure) {
  if (device.is_cpu() || rendezvous.size() == 1) return gloo(rendezvous);
  const auto obstacle = without_nccl(device, rendezvous);
  if (!obstacle.empty()) {
    if (rendezvous.rank() == 0) note(obstacle + ": messages go through host memory, which is slow");
    return gloo(rendezvous);
  }
  auto nccl = std::make_shared<comm::Nccl>(rendezvous, device, std::move(on_failure));
  return [nccl](const std::string& name, const std::vector<int>& members) {
    return comm::nccl_group(*nccl, name, members);
  };
}

}  // namespace

at::Device device_for(const config::Request& request, int local_rank) {
  if (request.device.kind != config::Device::Kind::kCuda) return at::kCPU;
  const int first = request.device.index, usable = tensor::gpu_count() - first;
  return tensor::gpu(usable > 0 ? first + local_rank % usable : first);
}

parallel::GroupMaker groups_for(at::Device device,
                                comm::Rendezvous& rendezvous,
                                Compare compare,
                                std::function<void(const Error&)> on_failure) {
  auto make = transport(device, rendezvous, std::move(on_failure));
  if (compare == Compare::kNo) return make;
  // The weights' group works on a thread of its own, which waits for the store while the other
  // does.
  auto main = rendezvous.connected_again(), fetching = rendezvous.connected_again();
  return [make, main, fetching](const std::string& name, const std::vector<int>& members) {
    return comm::checked(make(name, members), name == comm::kGatherAheadGroup ? fetching : main,
                         members);
  };
}

}  // namespace kinema::engine
