// Everything that touches CUDA is in the module, which is loaded when something is to be named.
#include "comm/peer_memory.h"

#include <cstdlib>
#include <string>
#include <utility>

#include "base/error.h"
#include "base/plugin.h"

namespace kinema::comm {
namespace {

class GpuMemory : public PeerMemory {
 public:
  GpuMemory(at::Device device, std::filesystem::path module)
      : device_(device), module_(std::move(module)) {}

  std::string name_of(const at::Tensor& bytes) override {
    const char* disabled = std::getenv("NCCL_P2P_DISABLE");
    if (disabled != nullptr && std::string(disabled) == "1")
      throw Error(ErrorKind::kConfig, "NCCL_P2P_DISABLE is 1");
    return loaded().name_of(bytes);
  }
  at::Tensor open(const std::string& name, int64_t size) override {
    return loaded().open(name, size);
  }

 private:
  PeerMemory& loaded() {
    if (loaded_) return *loaded_;
    const auto open = reinterpret_cast<PeerMemoryOpen>(
        plugin_symbol(module_, "kinema_peer_memory_open", "-DKINEMA_NCCL=ON"));
    loaded_ = open(device_);
    return *loaded_;
  }

  at::Device device_;
  std::filesystem::path module_;
  std::unique_ptr<PeerMemory> loaded_;
};

}  // namespace

std::unique_ptr<PeerMemory> gpu_peer_memory(at::Device device,
                                            const std::filesystem::path& module) {
  return std::make_unique<GpuMemory>(device, module);
}

}  // namespace kinema::comm
