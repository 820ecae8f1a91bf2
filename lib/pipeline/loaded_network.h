// A network that stays from its first use until it is released.
#pragma once

#include <future>
#include <memory>

#include "pipeline/load_ahead.h"

namespace kinema::pipeline {

// Made from a Runtime when it is first used, or before by a thread of the job's.
template <class Network>
class LoadedNetwork {
 public:
  LoadedNetwork() = default;
  LoadedNetwork(const LoadedNetwork&) = delete;
  LoadedNetwork& operator=(const LoadedNetwork&) = delete;

  // Has a thread make it, unless it is there.
  void load_ahead(const Runtime& runtime, LoadAhead::When when) {
    if (network_) return;
    coming_ = runtime.ahead->begin(
        runtime, when, [this](const Runtime& own) { network_ = std::make_unique<Network>(own); });
  }
  // Whether get() neither waits nor makes.
  bool is_there() const { return !coming_.valid() && network_; }
  // Throws what making it has thrown.
  Network& get(const Runtime& runtime) {
    if (coming_.valid()) runtime.ahead->wait(coming_);
    if (!network_) network_ = std::make_unique<Network>(runtime);
    return *network_;
  }
  void release() {
    coming_ = {};
    network_.reset();
  }

 private:
  std::unique_ptr<Network> network_;
  std::shared_future<void> coming_;  // where a thread makes it
};

}  // namespace kinema::pipeline
