// Memory of another process's GPU, read where it lies: by copy engines, without the owner's help.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include <ATen/core/Tensor.h>

#include "comm/nccl.h"

namespace kinema::comm {

// Failures are std::exception, one reason each.
class PeerMemory {
 public:
  virtual ~PeerMemory() = default;
  // A name by which other processes of this machine find `bytes` (contiguous, on the device).
  virtual std::string name_of(const at::Tensor& bytes) = 0;
  // What another process has named, [size] bytes, for copies on this process's device. Its owner
  // must keep it for as long as anybody copies.
  virtual at::Tensor open(const std::string& name, int64_t size) = 0;
};

// Of GPUs, through the module, which is loaded at the first use. Refuses where NCCL_P2P_DISABLE=1
// says that GPUs cannot read from each other.
std::unique_ptr<PeerMemory> gpu_peer_memory(at::Device device,
                                            const std::filesystem::path& module = nccl_module());

// Exported by the module as kinema_peer_memory_open.
using PeerMemoryOpen = std::unique_ptr<PeerMemory> (*)(at::Device device);

}  // namespace kinema::comm
