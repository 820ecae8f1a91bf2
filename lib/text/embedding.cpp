// The table stays where it is stored; its rows move.
#include "text/embedding.h"

#include <ATen/ops/index_select.h>

#include "base/error.h"

namespace kinema::text {

Embedding::Embedding(const nn::ParamScope& scope, int64_t rows, int64_t width)
    : name_(scope.path()), table_(scope.take_table("weight", {rows, width})) {}

at::Tensor Embedding::operator()(const at::Tensor& ids, const at::TensorOptions& like) const {
  if (ids.numel() > 0 && ids.max().item<int64_t>() >= table_.size(0)) {
    throw Error(ErrorKind::kModel,
                "the tokenizer gives the id " + std::to_string(ids.max().item<int64_t>()) +
                    ", but " + name_ + ".weight has only " + std::to_string(table_.size(0)) +
                    " rows",
                "do the tokenizer and the text encoder belong together?");
  }
  return at::index_select(table_, 0, ids.to(table_.device())).to(like).unsqueeze(0);
}

}  // namespace kinema::text
