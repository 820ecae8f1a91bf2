// CUDA's handles of memory, as LibTorch's allocator makes and opens them.
#include "comm/peer_memory.h"

#include <stdexcept>

#include <ATen/ops/from_blob.h>
#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAGuard.h>

namespace kinema::comm {
namespace {

namespace allocator = c10::cuda::CUDACachingAllocator;

class GpuPeerMemory : public PeerMemory {
 public:
  explicit GpuPeerMemory(at::Device device) : device_(device) {}

  // "offset:handle"; the handle is of the memory that LibTorch has cut the tensor's from.
  std::string name_of(const at::Tensor& bytes) override {
    const c10::cuda::CUDAGuard guard(device_);
    const auto& storage = bytes.storage();
    auto* base = const_cast<void*>(storage.data());
    const auto shared = allocator::shareIpcHandle(base);
    const auto within = static_cast<const char*>(bytes.const_data_ptr()) - static_cast<char*>(base);
    return std::to_string(shared.offset + within) + ":" + shared.handle;
  }

  at::Tensor open(const std::string& name, int64_t size) override {
    const c10::cuda::CUDAGuard guard(device_);
    const auto colon = name.find(':');
    if (colon == std::string::npos) throw std::runtime_error("no handle of memory: " + name);
    const auto offset = std::stoll(name.substr(0, colon));
    auto memory = allocator::getIpcDevPtr(name.substr(colon + 1));
    auto* begin = static_cast<char*>(memory.get()) + offset;
    return at::for_blob(begin, {size})
        .deleter([memory](void*) {})
        .options(at::TensorOptions(at::kByte).device(device_))
        .target_device(device_)
        .make_tensor();
  }

 private:
  at::Device device_;
};

}  // namespace
}  // namespace kinema::comm

extern "C" __attribute__((visibility("default"))) std::unique_ptr<kinema::comm::PeerMemory>
kinema_peer_memory_open(at::Device device) {
  return std::make_unique<kinema::comm::GpuPeerMemory>(device);
}
