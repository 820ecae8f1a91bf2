// The module's one exported function, and the GPU behind it.
#include <memory>
#include <string>

#include <c10/cuda/CUDAGuard.h>

#include "comm/nccl_module/channel.h"

namespace kinema::comm {
namespace {

// Of the hundred and more that a GPU has: a block computes several times as long as its weights
// travel, so that speed is worth less here than processors are there.
constexpr int kProcessorsOfAGather = 8;

class Device : public NcclDevice {
 public:
  explicit Device(const NcclSettings& settings) : device_(settings.device) {
    const c10::cuda::CUDAGuard guard(static_cast<c10::DeviceIndex>(device_));
    int least = 0, greatest = 0;
    CUDA_CHECK(cudaDeviceGetStreamPriorityRange, &least, &greatest);
    // Ahead of the arithmetic, whose blocks fill the device and would let others wait.
    for (auto* stream : {&exchanges_, &gathers_})
      CUDA_CHECK(cudaStreamCreateWithPriority, stream, cudaStreamNonBlocking, greatest);
    watch_ = std::make_shared<Watch>(settings);
  }
  // The streams are not destroyed: an aborted operation may still be on one, and the process ends.
  ~Device() override = default;

  std::string new_group() override {
    ncclUniqueId id;
    NCCL_CHECK(ncclGetUniqueId, &id);
    return {id.internal, sizeof id.internal};
  }

  std::unique_ptr<NcclChannel> join(const std::string& group,
                                    int rank,
                                    int size,
                                    NcclUse use) override {
    const bool exchanges = use == NcclUse::kExchange;
    const Place place{device_, exchanges ? exchanges_ : gathers_,
                      exchanges ? 0 : kProcessorsOfAGather};
    return std::make_unique<Channel>(group, rank, size, place, watch_);
  }

 private:
  int device_;
  cudaStream_t exchanges_ = nullptr, gathers_ = nullptr;
  std::shared_ptr<Watch> watch_;
};

}  // namespace
}  // namespace kinema::comm

extern "C" __attribute__((visibility("default"))) std::unique_ptr<kinema::comm::NcclDevice>
kinema_nccl_open(const kinema::comm::NcclSettings& settings) {
  return std::make_unique<kinema::comm::Device>(settings);
}
