// From host memory that several threads fill to a device's, through a ring of pinned buffers.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include <ATen/core/Tensor.h>

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

struct RingShape {
  int threads = 4;  // that fill buffers, the calling one among them
  int buffers = 8;
  int64_t buffer_bytes = 16 << 20;
};

// For one calling thread at a time.
class UploadRing {
 public:
  explicit UploadRing(std::unique_ptr<UploadQueue> queue, const RingShape& shape = {});
  // Waits until the device is done with the buffers.
  ~UploadRing();
  UploadRing(const UploadRing&) = delete;
  UploadRing& operator=(const UploadRing&) = delete;

  // Fills `buffer` [buffer_bytes] uint8 with piece `index` of what is uploaded, and returns the
  // work that has the device take it from there. Called by several threads at once.
  using Fill = std::function<std::function<void()>(int64_t index, const at::Tensor& buffer)>;
  // Has the pieces 0 to `pieces` - 1 filled, each into the buffer that was given to the device the
  // longest ago. Returns when all are filled and given to the device, whose later work finds them.
  // Throws what a fill has thrown; none is running then.
  void upload(int64_t pieces, const Fill& fill);

  int64_t buffer_bytes() const;
  // Of all buffers; each is taken when it is first needed.
  int64_t bytes() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace kinema::weights
