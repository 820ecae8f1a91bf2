// A ParamSource for a model whose blocks are streamed: theirs become parameters that point nowhere
// yet, all others are taken at once.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "parallel/stream_unit.h"
#include "parallel/tensor_parallel.h"

namespace kinema::parallel {

class StreamSource : public weights::ParamSource {
 public:
  // `blocks`: the scopes of the blocks ("transformer_blocks.0"), by nn::BlockWeights' index, of
  // which those at the indices `resident` are taken at once too. The store is the one that `cut`
  // reads from.
  StreamSource(weights::WeightStore& store,
               TensorParallelSource& cut,
               const std::vector<std::string>& blocks,
               const std::vector<int64_t>& resident = {});

  at::Tensor take(const std::string& name, at::IntArrayRef shape) override;
  at::Tensor take_table(const std::string& name, at::IntArrayRef shape) override {
    return cut_.take_table(name, shape);
  }
  weights::Stacked take_stacked(const std::vector<weights::Wanted>& parameters) override;
  bool has(const std::string& name) const override { return cut_.has(name); }
  weights::OutputOp after(const std::string& name) const override { return cut_.after(name); }

  // The blocks as the model has taken them, in order; once, after it has been made.
  StreamUnits units();
  // Bytes of the parameters that are not streamed.
  int64_t resident_bytes() const { return resident_bytes_; }

 private:
  // Null if `name` is in no block.
  StreamUnit* unit_of(const std::string& name);
  weights::StoredPart located(const weights::Wanted& parameter);
  // The unit's next parameter.
  at::Tensor streamed(StreamUnit& unit, const std::string& name, weights::StoredStack parts);

  weights::WeightStore& store_;
  TensorParallelSource& cut_;
  std::vector<std::string> prefixes_;  // with their dots
  std::vector<StreamUnit> units_;
  std::map<std::string, at::Tensor> taken_;
  int64_t resident_bytes_ = 0;
};

}  // namespace kinema::parallel
