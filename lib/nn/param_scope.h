// A place in a checkpoint's tree of names, from which a layer takes its parameters.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <ATen/core/Tensor.h>

#include "weights/param_source.h"

namespace kinema::nn {

// Cheap to copy. The source must outlive it and need not outlive the layers built from it.
class ParamScope {
 public:
  explicit ParamScope(weights::ParamSource& source, std::string path = {});

  // The scope one name further down: scope / "attn" / "to_q", scope / "transformer_blocks" / 3.
  ParamScope operator/(std::string_view name) const;
  ParamScope operator/(int64_t index) const;

  // The parameter `leaf` ("weight", "bias", "gamma") of this scope, with its full shape.
  at::Tensor take(std::string_view leaf, at::IntArrayRef shape) const;
  // ParamSource::take_table: `leaf` in whatever type and place, for looking up rows.
  at::Tensor take_table(std::string_view leaf, at::IntArrayRef shape) const;
  // ParamSource::take_stacked; names are those of leaves ("to_q.weight").
  weights::Stacked take_stacked(std::vector<weights::Wanted> leaves) const;
  bool has(std::string_view leaf) const;
  // ParamSource::after for this scope's "weight".
  weights::OutputOp after() const;

  const std::string& path() const { return path_; }

 private:
  std::string joined(std::string_view leaf) const;

  weights::ParamSource* source_;
  std::string path_;
};

}  // namespace kinema::nn
