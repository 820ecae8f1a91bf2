// The rendezvous store, or a set.
#include "share_board.h"

namespace kinema::engine {
namespace {

constexpr const char* kStop = "batch/stop";

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

}  // namespace kinema::engine
