// Collectives between GPUs over NCCL itself, loaded only when it is used.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "base/error.h"
#include "comm/communicator.h"
#include "comm/rendezvous.h"

namespace kinema::comm {

class NcclDevice;

// libkinema_nccl.so beside the running program, whether it is there or not.
std::filesystem::path nccl_module();

// The group of this name gathers what is needed later, beside everything else.
constexpr const char* kGatherAheadGroup = "weights";

// This process's side of NCCL: one communicator of all processes, whose id travels through the
// rendezvous, and groups that are split from it. Every process takes part in every split, also one
// that belongs to no group of that kind.
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

  // As gloo_group; also for one member alone. Called by all processes of the run at the same point,
  // or no_group() instead. Host tensors travel over Gloo, in a group that is made when the first
  // one does.
  std::unique_ptr<Communicator> group(const std::string& name, const std::vector<int>& members);
  void no_group(const std::string& name);

 private:
  Rendezvous& rendezvous_;
  std::shared_ptr<NcclDevice> device_;
};

// nccl.group; for one member a LocalCommunicator and no_group.
std::unique_ptr<Communicator> nccl_group(Nccl& nccl,
                                         const std::string& name,
                                         const std::vector<int>& members);

}  // namespace kinema::comm
