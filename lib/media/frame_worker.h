// A thread that takes frames from a bounded queue.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace kinema::media {

using FrameBytes = std::vector<uint8_t>;

// push() and finish() are for one thread.
class FrameWorker {
 public:
  // `work` runs on the worker's thread, frame by frame in order, until it throws.
  FrameWorker(size_t capacity, std::function<void(const FrameBytes&)> work);
  // Drops what waits; returns when the frame in work is done.
  ~FrameWorker();
  FrameWorker(const FrameWorker&) = delete;
  FrameWorker& operator=(const FrameWorker&) = delete;

  // Waits while `capacity` frames wait. Throws what `work` threw.
  void push(FrameBytes frame);
  // Returns when every frame is done and the thread has ended. Throws what `work` threw.
  void finish();

 private:
  void run();
  bool take(FrameBytes& frame);
  void stop(bool drop);

  const size_t capacity_;
  const std::function<void(const FrameBytes&)> work_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<FrameBytes> waiting_;  // guarded by mutex_, as the next two
  bool closed_ = false;
  std::exception_ptr failure_;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace kinema::media
