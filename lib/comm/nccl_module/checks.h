// Return codes of CUDA and NCCL as exceptions that say what was called.
#pragma once

#include <stdexcept>
#include <string>

#include <cuda_runtime_api.h>
#include <nccl.h>

namespace kinema::comm {

inline void check_cuda(cudaError_t code, const char* function) {
  if (code == cudaSuccess) return;
  throw std::runtime_error(std::string(function) + ": " + cudaGetErrorString(code));
}

// An operation that goes on in the background (ncclInProgress) has not failed. NCCL's last message,
// where it has one, says more than the code.
inline void check_nccl(ncclResult_t code, const char* function) {
  if (code == ncclSuccess || code == ncclInProgress) return;
  std::string text = std::string(function) + ": " + ncclGetErrorString(code);
  const char* detail = ncclGetLastError(nullptr);
  if (detail != nullptr && *detail != '\0') text += std::string(" (") + detail + ")";
  throw std::runtime_error(text);
}

}  // namespace kinema::comm

// CUDA_CHECK(cudaEventRecord, event, stream) calls it and throws if it fails.
#define CUDA_CHECK(function, ...) ::kinema::comm::check_cuda(function(__VA_ARGS__), #function)
#define NCCL_CHECK(function, ...) ::kinema::comm::check_nccl(function(__VA_ARGS__), #function)
