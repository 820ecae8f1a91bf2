// Ranks that share one output cannot go on when one of them has failed: all are started anew, for
// the rest.
#include "batch_world.h"

#include <iostream>
#include <optional>

#include "base/error.h"
#include "base/log.h"
#include "batch/lock.h"
#include "batch/order.h"
#include "launch/environment.h"
#include "world.h"

namespace kinema::engine {
namespace {

bool is_placed() {
  const auto place = launch::placement(launch::process_environment);
  return place && place->size > 1;
}

bool is_first() {
  const auto place = launch::placement(launch::process_environment);
  return !place || place->rank == 0;
}

// What failed since `before`; another start may go on without it. Rethrows what is nobody's fault.
std::set<std::string> newly_failed(const batch::Order& order,
                                   const batch::State& before,
                                   const Error& error) {
  auto failed = before.failed_since();
  if (error.kind() == ErrorKind::kInterrupted || is_placed() || order.fail_fast ||
      failed.size() <= order.excluded.size())
    throw error;
  return failed;
}

}  // namespace

int run_batch_world(const plan::Handover& job) {
  auto order = batch::order_from_json(job.task.at("batch"));
  const batch::State before(order.state, order.shard);
  before.prepare();
  std::optional<batch::Lock> lock;
  if (is_first()) lock.emplace(order.state, order.shard);
  for (;;) {
    const plan::Handover part{job.request, job.planned, {{"batch", batch::order_json(order)}}};
    try {
      const int code = run_processes(part);
      if (code != 0) return code;
      break;
    } catch (const Error& error) {
      order.excluded = newly_failed(order, before, error);
      order.existing = batch::Existing::kResume;
      std::cerr << formatted(error) << std::flush;
      note("starting again with what is left");
    }
  }
  return before.failed_since().empty() ? 0 : 1;
}

}  // namespace kinema::engine
