// Opening a checkpoint's components for the time they are needed.
#pragma once

#include <atomic>
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "parallel/tensor_parallel.h"
#include "pipeline/runtime.h"
#include "weights/weight_store.h"

namespace kinema::pipeline {

// Takes parameters from another source until nobody wants them any more: Error(kInterrupted) then.
// What is being made can be given up; once it is made, no more.
class AbandonedSource : public weights::ParamSource {
 public:
  AbandonedSource(weights::ParamSource& source, const std::atomic<bool>* given_up)
      : source_(source), given_up_(given_up) {}
  at::Tensor take(const std::string& name, at::IntArrayRef shape) override {
    check();
    return source_.take(name, shape);
  }
  at::Tensor take_table(const std::string& name, at::IntArrayRef shape) override {
    check();
    return source_.take_table(name, shape);
  }
  weights::Stacked take_stacked(const std::vector<weights::Wanted>& parameters) override {
    check();
    return source_.take_stacked(parameters);
  }
  bool has(const std::string& name) const override { return source_.has(name); }
  weights::OutputOp after(const std::string& name) const override { return source_.after(name); }
  // The flag may go: whoever sets it has got what was being made.
  void made() { given_up_ = nullptr; }

 private:
  void check() const;

  weights::ParamSource& source_;
  const std::atomic<bool>* given_up_;
};

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

  weights::ParamSource& source() { return wanted_; }
  weights::WeightStore& store() { return store_; }
  parallel::TensorParallelSource& cut() { return cut_; }
  uint64_t bytes_read() const { return store_.bytes_read(); }
  // The network is made: what is taken later comes on top, and is not given up.
  void made();
  // To be called by the thread that computes when everything has been taken: reports that, and
  // warns of what is left.
  void loaded(Stages& stages);
  void warn_unread();

 private:
  std::string name_;
  std::chrono::steady_clock::time_point opened_ = std::chrono::steady_clock::now();
  std::optional<std::chrono::steady_clock::time_point> made_;
  weights::WeightStore store_;
  comm::LocalCommunicator alone_;
  parallel::TensorParallelSource cut_;
  AbandonedSource wanted_;
};

}  // namespace kinema::pipeline
