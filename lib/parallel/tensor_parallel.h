// Tensor parallelism: a ParamSource that hands out one rank's slices.
#pragma once

#include <string>
#include <vector>

#include "comm/communicator.h"
#include "parallel/cut_rules.h"
#include "weights/weight_store.h"

namespace kinema::parallel {

// Reads only this rank's slices from `store`. Dimensions that do not divide are Error(kConfig),
// naming layer and size.
class TensorParallelSource : public weights::ParamSource {
 public:
  TensorParallelSource(weights::WeightStore& store,
                       const std::vector<CutRule>& rules,
                       comm::Communicator& comm)
      : store_(store), rules_(rules), comm_(comm) {}

  at::Tensor take(const std::string& name, at::IntArrayRef shape) override;
  // Tables of rows are not cut.
  at::Tensor take_table(const std::string& name, at::IntArrayRef shape) override {
    return store_.take_table(name, shape);
  }
  weights::Stacked take_stacked(const std::vector<weights::Wanted>& parameters) override;
  bool has(const std::string& name) const override { return store_.has(name); }
  // This rank's part of the parameter whose full shape is `shape`; length 0: all of it.
  weights::Slice part(const std::string& name, at::IntArrayRef shape) const;
  weights::OutputOp after(const std::string& name) const override;

 private:
  const CutRule* rule(const std::string& name) const;

  weights::WeightStore& store_;
  const std::vector<CutRule>& rules_;
  comm::Communicator& comm_;
};

}  // namespace kinema::parallel
