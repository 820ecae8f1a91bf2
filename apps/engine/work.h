// What every rank of a run does, whoever started it.
#pragma once

#include <chrono>
#include <functional>
#include <set>
#include <string>

#include "base/error.h"
#include "base/json.h"
#include "comm/rendezvous.h"
#include "config/request.h"
#include "plan/device_mesh.h"
#include "plan/model_facts.h"
#include "watch.h"

namespace kinema::engine {

struct Work {
  const config::Request& request;
  const plan::ModelFacts& model;
  const Json& planned;
  const Json& task;
  plan::DeviceMesh mesh;

  // Meets the others, agrees with them on the job, and does this rank's part. `on_failure` is
  // called by another thread when a collective on GPUs fails.
  void run(comm::Rendezvous& rendezvous,
           int local_rank,
           RankWatch& watch,
           std::function<void(const Error&)> on_failure) const;

  // Whether the seed was not given, so that processes started apart have different ones.
  bool seed_drawn() const;
  // Settings that nobody gave.
  std::set<std::string> chosen() const;
  // --stall-timeout, or as long as it takes.
  std::chrono::milliseconds patience() const;
};

// As good as for ever, and still a number that every library takes.
constexpr std::chrono::hours kAnyTime{240};

}  // namespace kinema::engine
