// The module's one exported function, and the GPU behind it.
#include <cstring>
#include <deque>
#include <memory>
#include <stdexcept>
#include <string>

#include <c10/cuda/CUDAGuard.h>

#include "comm/nccl_module/channel.h"

namespace kinema::comm {
namespace {

// Of the hundred and more that a GPU has: a block computes several times as long as its weights
// travel, so that speed is worth less here than processors are there.
constexpr int kProcessorsOfAGather = 8;

// Not blocking: whoever waits can give up and abort. `processors`: that one operation takes at
// most; 0: as many as NCCL likes.
ncclConfig_t config_for(int processors) {
  ncclConfig_t config = NCCL_CONFIG_INITIALIZER;
  config.blocking = 0;
  if (processors > 0) config.maxCTAs = processors;
  return config;
}

ncclUniqueId unique_id(const std::string& run) {
  ncclUniqueId id;
  if (run.size() != sizeof id.internal) {
    throw std::runtime_error("the run's id has " + std::to_string(run.size()) + " bytes, not " +
                             std::to_string(sizeof id.internal));
  }
  std::memcpy(id.internal, run.data(), run.size());
  return id;
}

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
  ~Device() override {
    if (all_ != nullptr) watch_->remove(all_);
  }

  std::string new_run() override {
    ncclUniqueId id;
    NCCL_CHECK(ncclGetUniqueId, &id);
    return {id.internal, sizeof id.internal};
  }

  void join(const std::string& run, int rank, int size) override {
    const c10::cuda::CUDAGuard guard(static_cast<c10::DeviceIndex>(device_));
    auto config = config_for(0);
    NCCL_CHECK(ncclCommInitRankConfig, &all_, size, unique_id(run), rank, &config);
    watch_->add(all_);
    watch_->settle(all_);
  }

  std::unique_ptr<NcclChannel> split(const Part& part) override {
    const c10::cuda::CUDAGuard guard(static_cast<c10::DeviceIndex>(device_));
    const bool exchanges = part.use == NcclUse::kExchange;
    auto config = config_for(exchanges ? 0 : kProcessorsOfAGather);
    const int colour = part.colour == kNoGroup ? NCCL_SPLIT_NOCOLOR : part.colour;
    auto& made = made_.emplace_back(nullptr);
    watch_->with(all_, [&](ncclComm_t all) {
      NCCL_CHECK(ncclCommSplit, all, colour, part.place, &made, &config);
    });
    watch_->settle(all_);
    if (made == nullptr) return nullptr;
    const Place place{device_, exchanges ? exchanges_ : gathers_};
    return std::make_unique<Channel>(made, part.size, place, watch_);
  }

 private:
  int device_;
  cudaStream_t exchanges_ = nullptr, gathers_ = nullptr;
  ncclComm_t all_ = nullptr;
  // NCCL writes here in the background, perhaps after split() has given up.
  std::deque<ncclComm_t> made_;
  std::shared_ptr<Watch> watch_;
};

}  // namespace
}  // namespace kinema::comm

extern "C" __attribute__((visibility("default"))) std::unique_ptr<kinema::comm::NcclDevice>
kinema_nccl_open(const kinema::comm::NcclSettings& settings) {
  return std::make_unique<kinema::comm::Device>(settings);
}
