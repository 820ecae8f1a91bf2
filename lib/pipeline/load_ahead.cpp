// A thread for each network.
#include "pipeline/load_ahead.h"

#include <memory>
#include <utility>

#include <c10/core/InferenceMode.h>

#include "parallel/side_queue.h"

namespace kinema::pipeline {

LoadAhead::~LoadAhead() {
  given_up_ = true;
  for (auto& thread : threads_) thread.join();
}

std::shared_future<void> LoadAhead::begin(const Runtime& runtime, When when, Load load) {
  auto own = runtime;
  own.given_up = &given_up_;
  auto queue = std::make_shared<parallel::SideQueue>(runtime.device);
  auto task = std::make_shared<std::packaged_task<void()>>(
      [own = std::move(own), queue = std::move(queue), load = std::move(load),
       inference = c10::InferenceMode::is_enabled()] {
        const c10::InferenceMode mode(inference);
        queue->enter();
        load(own);
        queue->settle();
      });
  auto loaded = task->get_future().share();
  const auto start = [this, task] { threads_.emplace_back([task] { (*task)(); }); };
  if (when == When::kNow)
    start();
  else
    waiting_.push_back(start);
  return loaded;
}

void LoadAhead::step_done() {
  for (const auto& begin : std::exchange(waiting_, {})) begin();
}

void LoadAhead::wait(std::shared_future<void>& loaded) {
  step_done();
  std::exchange(loaded, {}).get();
}

bool loads_ahead(const Runtime& runtime, config::LoadAhead network) {
  return runtime.ahead != nullptr && config::loads_ahead(runtime.request.load_ahead, network);
}

}  // namespace kinema::pipeline
