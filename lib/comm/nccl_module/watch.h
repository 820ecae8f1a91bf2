// A thread that looks after communicators and operations, because a lost peer leaves NCCL's kernels
// spinning and the host waiting for them.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "comm/nccl_backend.h"
#include "comm/nccl_module/event.h"

namespace kinema::comm {

class Watch {
 public:
  explicit Watch(const NcclSettings& settings);
  ~Watch();
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  // Calls `use(communicator)` while nobody can abort it; NCCL wants one thread at a time anyway.
  // Throws the failure's reason if there was one: its communicators are gone.
  template <typename Use>
  void with(ncclComm_t communicator, Use&& use) {
    const std::lock_guard lock(mutex_);
    require_whole();
    use(communicator);
  }

  // Waits until what the communicator has begun in the background is under way. Throws what went
  // wrong, or after the deadline.
  void settle(ncclComm_t communicator);

  void add(ncclComm_t communicator);
  // Frees it, ending whatever may still run.
  void remove(ncclComm_t communicator);

  // From now on `done`, an operation of the communicator's, must be passed within the deadline.
  void expect(ncclComm_t communicator, const std::string& label, std::shared_ptr<const Event> done);
  // Waits on the host until the device has passed `done`.
  void wait(const Event& done);

 private:
  using Clock = std::chrono::steady_clock;
  struct Expected {
    std::string label;
    std::shared_ptr<const Event> done;
    Clock::time_point since;
  };

  void require_whole() const;
  void run();
  // What a communicator has under way, in the order of its stream; others' may overtake it.
  using Queue = std::deque<Expected>;
  // The reason if something is wrong now, empty otherwise. With the lock held.
  std::string fault();
  static std::string fault_of(ncclComm_t communicator, Queue& queue);
  std::string late() const;
  void abort_all();

  NcclSettings settings_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  std::string failure_;
  std::map<ncclComm_t, Queue> communicators_;
  std::thread thread_;
};

}  // namespace kinema::comm
