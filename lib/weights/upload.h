// Weights on their way from the files to a device: several threads read into a ring of buffers,
// from which the device copies by itself.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include <ATen/core/Tensor.h>

#include "weights/stored_part.h"

namespace kinema::weights {

// The device's side, which a test can play. Used by several threads at once.
class UploadQueue {
 public:
  // Returns when the device has come there.
  using Wait = std::function<void()>;

  virtual ~UploadQueue() = default;
  // Host memory, [bytes] uint8, from which the device copies while the host goes on.
  virtual at::Tensor buffer(int64_t bytes) = 0;
  // What is given from here on comes after everything that the calling thread gave the device.
  virtual void begin() = 0;
  // Gives `work` to the device without waiting for it.
  virtual Wait give(const std::function<void()>& work) = 0;
};

// LibTorch's stream of the calling thread, and memory that its allocator has pinned.
std::unique_ptr<UploadQueue> upload_queue(at::Device device);

struct UploadShape {
  int threads = 4;  // that read
  int buffers = 8;
  int64_t buffer_bytes = 16 << 20;
};

// For one calling thread at a time.
class Uploader {
 public:
  Uploader(std::unique_ptr<UploadQueue> queue, UploadShape shape);
  // Waits until the device is done with the buffers.
  ~Uploader();
  Uploader(const Uploader&) = delete;
  Uploader& operator=(const Uploader&) = delete;

  // Fills `into`, contiguous, of the part's sizes and of any type, times the part's scale. Returns
  // when everything is read and given to the device, whose later work finds it. Throws what reading
  // has thrown; nothing more of the part is being read then.
  void upload(const StoredPart& part, const at::Tensor& into);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace kinema::weights
