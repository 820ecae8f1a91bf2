// What one process brings to a job: settings, machine, peers, and whom it tells.
#pragma once

#include <ATen/core/Tensor.h>

#include "config/request.h"
#include "parallel/team.h"
#include "pipeline/stages.h"
#include "pipeline/tensor_dump.h"
#include "plan/model_facts.h"

namespace kinema::pipeline {

struct Runtime {
  const config::Request& request;  // resolved: everything the job needs has a value
  const plan::ModelFacts& model;
  at::Device device;
  at::ScalarType dtype;
  parallel::Team& team;
  Stages& stages;
  TensorDump& dump;

  at::TensorOptions options() const { return at::TensorOptions().dtype(dtype).device(device); }
};

}  // namespace kinema::pipeline
