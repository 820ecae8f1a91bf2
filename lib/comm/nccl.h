// Collectives between GPUs over NCCL itself, loaded only when it is used.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <ATen/core/Tensor.h>

#include "base/error.h"
#include "comm/communicator.h"
#include "comm/rendezvous.h"

namespace kinema::comm {

class NcclChannel;
class NcclDevice;
enum class NcclUse;

// libkinema_nccl.so beside the running program, whether it is there or not.
std::filesystem::path nccl_module();

// The group of this name gathers what is needed later, beside everything else.
constexpr const char* kGatherAheadGroup = "weights";

// This process's side of NCCL. Groups are made from unique ids that travel through the rendezvous,
// not split from one communicator of all: a split must be called by every process, also by those
// that belong to no group of that kind, and groups of the same members share one communicator here,
// which is what sharing resources among splits would save.
class Nccl {
 public:
  // Called by another thread once if an operation failed or outlasted the rendezvous' timeout;
  // should end the process, whose own threads may wait for the GPU for ever. If it returns, the
  // next operation throws.
  using OnFailure = std::function<void(const Error&)>;

  // `device`: the GPU of this process alone; LibTorch's CUDA library must be loaded
  // (tensor::gpu). Throws Error(kConfig) if the module cannot be loaded, Error(kComm) if the GPU
  // cannot be used.
  Nccl(Rendezvous& rendezvous,
       at::Device device,
       OnFailure on_failure,
       const std::filesystem::path& module = nccl_module());
  ~Nccl();

  // As gloo_group; also for one member alone. Host tensors travel over Gloo, in a group that is
  // made when the first one does.
  std::unique_ptr<Communicator> group(const std::string& name, const std::vector<int>& members);

 private:
  std::shared_ptr<NcclChannel> channel(const std::vector<int>& members, int rank, NcclUse use);

  Rendezvous& rendezvous_;
  std::shared_ptr<NcclDevice> device_;
  std::map<std::pair<NcclUse, std::vector<int>>, std::shared_ptr<NcclChannel>> channels_;
};

// nccl.group, or a LocalCommunicator for one member.
std::unique_ptr<Communicator> nccl_group(Nccl& nccl,
                                         const std::string& name,
                                         const std::vector<int>& members);

// Whether the group's operations on a GPU's tensors are only queued, so that the host does not wait
// for them.
bool queues_on_device(const Communicator& communicator);

}  // namespace kinema::comm
