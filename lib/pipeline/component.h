// Opening a checkpoint's components for the time they are needed.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "parallel/tensor_parallel.h"
#include "pipeline/runtime.h"
#include "weights/weight_store.h"

namespace kinema::pipeline {

// One component's weights, cut by `rules` when there are tensor-parallel ranks. Networks built from
// source() keep what they took; this object can go.
class OpenComponent {
 public:
  OpenComponent(const Setup& setup,
                const std::string& name,
                weights::NameMap names,
                const std::vector<parallel::CutRule>& rules);
  // Without cutting.
  OpenComponent(const Setup& setup, const std::string& name, weights::NameMap names);

  weights::ParamSource& source() { return cut_; }
  weights::WeightStore& store() { return store_; }
  parallel::TensorParallelSource& cut() { return cut_; }
  uint64_t bytes_read() const { return store_.bytes_read(); }
  // To be called when everything has been taken: reports that, and warns of what is left.
  void loaded(Stages& stages);
  void warn_unread();

 private:
  std::string name_;
  std::chrono::steady_clock::time_point opened_ = std::chrono::steady_clock::now();
  weights::WeightStore store_;
  comm::LocalCommunicator alone_;
  parallel::TensorParallelSource cut_;
};

}  // namespace kinema::pipeline
