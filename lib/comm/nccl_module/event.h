// A point in a CUDA stream.
#pragma once

#include "comm/nccl_module/checks.h"

namespace kinema::comm {

class Event {
 public:
  explicit Event(cudaStream_t stream) {
    CUDA_CHECK(cudaEventCreateWithFlags, &event_, cudaEventDisableTiming);
    CUDA_CHECK(cudaEventRecord, event_, stream);
  }
  ~Event() { cudaEventDestroy(event_); }
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;

  // What `stream` is given from now on comes after this point.
  void hold_back(cudaStream_t stream) const { CUDA_CHECK(cudaStreamWaitEvent, stream, event_, 0); }

  // Whether the device has passed this point. Throws if the device has failed.
  bool passed() const {
    const auto code = cudaEventQuery(event_);
    if (code == cudaErrorNotReady) return false;
    check_cuda(code, "cudaEventQuery");
    return true;
  }

 private:
  cudaEvent_t event_ = nullptr;
};

}  // namespace kinema::comm
