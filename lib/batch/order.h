// What the front end hands to the program that runs a batch.
#pragma once

#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "batch/resolver.h"
#include "batch/state.h"

namespace kinema::batch {

// What to do about what is there already.
enum class Existing { kResume, kOverwrite };

struct Order {
  std::filesystem::path file;  // of the jobs; where standard input is copied to, if `from_input`
  bool from_input = false;
  bool follow = false;  // wait for more lines until interrupted
  std::optional<std::filesystem::path> config;
  config::Environment environment;
  std::vector<config::GivenFlag> flags;
  std::filesystem::path model;  // its folder
  std::string identity;         // of its weights
  plan::Surroundings around;    // of the machine
  std::filesystem::path state;
  Shard shard;
  Existing existing = Existing::kResume;
  bool fail_fast = false;
  // Ids and hashes of what has failed in this run, when its processes are started again.
  std::set<std::string> excluded;
};

Json order_json(const Order& order);
// Throws Error(kInternal) if that is of another version.
Order order_from_json(const Json& json);

// The layers below the file's: the program, --config, the environment.
config::Settings base_settings(const std::optional<std::filesystem::path>& config,
                               const config::Environment& environment,
                               config::Violations& violations);

// What is written beside a copy of standard input when that has ended.
std::filesystem::path end_mark(const std::filesystem::path& copy);

}  // namespace kinema::batch
