// One process's model, and one output after the other that it makes.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "base/json.h"
#include "pipeline/step_preview.h"
#include "pipeline/video_model.h"
#include "report/run_report.h"
#include "watch.h"

namespace kinema::engine {

// One output of one job.
struct Assignment {
  const config::Request& request;
  const Json& planned;
  std::string label;  // in progress
  // Whose prompts are encoded first, if those of this one are not yet.
  std::vector<const config::Request*> prompts = {};
  std::optional<std::filesystem::path> latents = {};  // to decode, instead of generating
  std::optional<std::filesystem::path> keep = {};  // where to write latents before they are decoded
  std::optional<std::filesystem::path> partial = {};  // of an interrupted generation
  std::optional<pipeline::PreviewWish> preview = {};
};

class Session {
 public:
  Session(const plan::ModelFacts& model,
          at::Device device,
          parallel::Team& team,
          RankWatch& watch,
          pipeline::Keep keep);

  // Called by every rank of the team. What all of them measured is on the first.
  std::optional<report::RunReport> make(const Assignment& assignment);
  // After a failure, or to make room: networks are loaded again when they are needed.
  void release() { model_->release(); }

  const parallel::Team& team() const { return team_; }

 private:
  void encode(pipeline::Runtime& runtime, const Assignment& assignment);

  const plan::ModelFacts& facts_;
  at::Device device_;
  parallel::Team& team_;
  RankWatch& watch_;
  std::unique_ptr<pipeline::VideoModel> model_;
  bool fresh_ = true;  // has made nothing yet
};

// Whether networks may stay loaded for the next output: all of them together must fit into the
// memory that the plan counts with, or else that of the device.
pipeline::Keep keep_between_outputs(const Json& planned, at::Device device);

}  // namespace kinema::engine
