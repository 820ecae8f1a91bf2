// One output of one job: what a batch makes, skips, commits and records.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/json.h"
#include "config/request.h"
#include "plan/job.h"

namespace kinema::batch {

struct Unit {
  int64_t job = 0, output = 0;  // the job's place in the file, the output's in the job
  std::string id;               // "fox-8": the job's id and the seed
  config::Request request;      // resolved, of this output alone
  Json planned;                 // plan_json of the job
  std::string hash;             // of everything that decides the frames
};

// The settings that decide the frames and the file, by their keys: neither where it is written nor
// how the work is spread over processes. Pictures are told by their contents.
OrderedJson deciding_settings(const config::Request& request);

// `model`: the identity of the checkpoint's weights.
std::string content_hash(const config::Request& request, const std::string& model);

// Of every component's weights and configuration and of LoRA files; the same wherever they lie.
std::string model_identity(const plan::ModelFacts& model);

// The outputs of a planned job.
std::vector<Unit> units_of(int64_t job,
                           const std::string& id,
                           const plan::Job& planned,
                           const std::string& model);

// A unit as text, and back.
Json unit_json(const Unit& unit);
Unit unit_from_json(const Json& json);

}  // namespace kinema::batch
