// A device's queue of its own for a thread that works beside the one that computes.
#pragma once

#include <memory>

#include <ATen/core/Tensor.h>

namespace kinema::parallel {

// Made by one thread and used by another. What the second gives the device comes after all that
// the first had given it when it made this. On the CPU there is nothing to order.
class SideQueue {
 public:
  explicit SideQueue(at::Device device);
  ~SideQueue();
  SideQueue(const SideQueue&) = delete;
  SideQueue& operator=(const SideQueue&) = delete;

  // From now on the calling thread gives its work to this queue, to the end of the thread.
  void enter();
  // Waits until the device has done all that was given to this queue.
  void settle() const;

 private:
  struct State;
  std::unique_ptr<State> state_;  // null on the CPU
};

}  // namespace kinema::parallel
