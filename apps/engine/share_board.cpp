// The rendezvous store, or a set.
#include "share_board.h"

#include <chrono>
#include <thread>

#include "base/interrupt.h"

namespace kinema::engine {
namespace {

constexpr const char* kStop = "batch/stop";
constexpr std::chrono::milliseconds kPause{100};

}  // namespace

bool ShareBoard::claim(const std::string& name) {
  if (store_ == nullptr) return claimed_.insert(name).second;
  const auto mine = std::to_string(store_->rank());
  return store_->first("batch/" + name, mine) == mine;
}

void ShareBoard::stop() {
  if (store_ == nullptr) {
    claimed_.insert(kStop);
  } else {
    store_->first(kStop, "1");
  }
}

bool ShareBoard::stopped() {
  return store_ == nullptr ? claimed_.contains(kStop) : store_->peek(kStop).has_value();
}

void ShareBoard::wait_for_all() {
  if (store_ == nullptr) return;
  const std::string left = "batch/left/";
  store_->set(left + std::to_string(store_->rank()), "1");
  for (int rank = 0; rank < store_->size(); ++rank) {
    while (!store_->peek(left + std::to_string(rank))) {
      stop_if_interrupted("while other replicas were at work");
      std::this_thread::sleep_for(kPause);
    }
  }
}

}  // namespace kinema::engine
