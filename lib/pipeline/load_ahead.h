// Networks that threads load while the stage before theirs works.
#pragma once

#include <atomic>
#include <functional>
#include <future>
#include <thread>
#include <vector>

#include "pipeline/runtime.h"

namespace kinema::pipeline {

// Of one job; goes before what the job's Runtime refers to.
class LoadAhead {
 public:
  LoadAhead() = default;
  // Has what is under way give up, and waits for its end.
  ~LoadAhead();
  LoadAhead(const LoadAhead&) = delete;
  LoadAhead& operator=(const LoadAhead&) = delete;

  enum class When { kNow, kAfterFirstStep };
  using Load = std::function<void(const Runtime&)>;
  // Has a thread call `load`, with a queue of the device's for itself and with a copy of `runtime`
  // whose stages and dump it leaves alone. The result is for wait().
  std::shared_future<void> begin(const Runtime& runtime, When when, Load load);
  // A step of denoising has been done.
  void step_done();
  // Waits for what begin() has begun, and forgets it; throws what loading has thrown.
  void wait(std::shared_future<void>& loaded);

 private:
  std::atomic<bool> given_up_ = false;
  std::vector<std::function<void()>> waiting_;  // for the first step
  std::vector<std::thread> threads_;
};

// Whether the job loads the network ahead of its stage.
bool loads_ahead(const Runtime& runtime, config::LoadAhead network);

}  // namespace kinema::pipeline
