// The job that `kinema` has resolved and hands over through an inherited descriptor.
#pragma once

#include "base/json.h"
#include "config/request.h"

namespace kinema::engine {

struct HandOver {
  config::Request request;
  Json planned;  // what the plan expects, for the metrics
};

// Reads {"request": …, "planned": …} from `descriptor` and closes it. Throws Error(kInternal) if it
// holds no such thing.
HandOver read_hand_over(int descriptor);

}  // namespace kinema::engine
