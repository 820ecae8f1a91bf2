// What one process brings to its jobs, and what one job adds to that.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <optional>

#include <ATen/core/Tensor.h>

#include "config/request.h"
#include "parallel/team.h"
#include "pipeline/stages.h"
#include "pipeline/tensor_dump.h"
#include "plan/model_facts.h"

namespace kinema::pipeline {

class LoadAhead;
class StepPreview;

// Of all jobs of a process: the checkpoint, the machine and the peers.
struct Setup {
  const plan::ModelFacts& model;
  at::Device device;
  at::ScalarType dtype;
  parallel::Team& team;
  int64_t machine_ranks = 1;  // processes of the run that share this machine's memory
  // Bytes of host memory that the plan gives the denoiser's streamed blocks, 0 where they come from
  // the files; nothing where it does not say.
  std::optional<uint64_t> planned_host_bytes = {};
  // Set once nobody wants what is being loaded; null where that cannot happen. Goes with the job:
  // nothing that is made may look at it.
  const std::atomic<bool>* given_up = nullptr;

  at::TensorOptions options() const { return at::TensorOptions().dtype(dtype).device(device); }
};

// Of one job: its settings, and whom it tells. Lasts for the job alone; what stays loaded between
// jobs may keep a Setup, never a Runtime.
struct Runtime : Setup {
  const config::Request& request;  // resolved: everything the job needs has a value
  Stages& stages;
  TensorDump& dump;
  // Where an interrupted generation is kept, to go on from there another time.
  std::optional<std::filesystem::path> partial = {};
  StepPreview* preview = nullptr;  // on the first rank of a job that shows its steps
  LoadAhead* ahead = nullptr;      // where networks may be loaded before their stages
};

}  // namespace kinema::pipeline
