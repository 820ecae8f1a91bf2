// The module's one exported function, and the GPU behind it.
#include <memory>
#include <string>

#include <c10/cuda/CUDAGuard.h>

#include "comm/nccl_module/channel.h"

namespace kinema::comm {
namespace {

class Device : public NcclDevice {
 public:
  explicit Device(const NcclSettings& settings) : device_(settings.device) {
    const c10::cuda::CUDAGuard guard(static_cast<c10::DeviceIndex>(device_));
    int least = 0, greatest = 0;
    CUDA_CHECK(cudaDeviceGetStreamPriorityRange, &least, &greatest);
    // Ahead of the arithmetic, whose blocks fill the device and would let others wait.
    CUDA_CHECK(cudaStreamCreateWithPriority, &stream_, cudaStreamNonBlocking, greatest);
    watch_ = std::make_shared<Watch>(settings);
  }
  // The stream is not destroyed: an aborted operation may still be on it, and the process ends.
  ~Device() override = default;

  std::string new_group() override {
    ncclUniqueId id;
    NCCL_CHECK(ncclGetUniqueId, &id);
    return {id.internal, sizeof id.internal};
  }

  std::unique_ptr<NcclChannel> join(const std::string& group, int rank, int size) override {
    return std::make_unique<Channel>(group, rank, size, device_, stream_, watch_);
  }

 private:
  int device_;
  cudaStream_t stream_ = nullptr;
  std::shared_ptr<Watch> watch_;
};

}  // namespace
}  // namespace kinema::comm

extern "C" __attribute__((visibility("default"))) std::unique_ptr<kinema::comm::NcclDevice>
kinema_nccl_open(const kinema::comm::NcclSettings& settings) {
  return std::make_unique<kinema::comm::Device>(settings);
}
