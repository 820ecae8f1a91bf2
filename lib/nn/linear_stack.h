// Linear layers of one input, kept one below the other: the projections of an attention.
#pragma once

#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "nn/layers.h"
#include "nn/param_scope.h"

namespace kinema::nn {

// Whether the layers of a stack are multiplied as one matrix. On the CPU each is by itself: nothing
// is won there by one product, whose bits would depend on how many layers are in it.
enum class Multiply { kAsSuits, kEach, kTogether };

class LinearStack {
 public:
  struct Layer {
    std::string name;
    int64_t out;
  };

  // Weights that the source copies lie in one [sum of out, in] matrix; others stay where they are.
  LinearStack(const ParamScope& scope, std::vector<Layer> layers, int64_t in, Bias bias);

  // Of x [..., in], layers from `first` on: their results [..., out] side by side in one memory, or
  // each in its own.
  std::vector<at::Tensor> operator()(const at::Tensor& x,
                                     size_t first,
                                     size_t count,
                                     Multiply how = Multiply::kAsSuits) const;
  // Of all layers.
  std::vector<at::Tensor> operator()(const at::Tensor& x) const { return (*this)(x, 0, size()); }
  // The same, as many as there are places [1, L, G, H / G, D], written into these where a product
  // can write there: each alone, or all at once if they lie side by side. Elsewhere the results are
  // in memory of their own, as whoever works on them before they are placed does not mind.
  std::vector<at::Tensor> near(const std::vector<at::Tensor>& places,
                               const at::Tensor& x,
                               size_t first = 0,
                               Multiply how = Multiply::kAsSuits) const;

  size_t size() const { return widths_.size(); }
  // How many features of layer `index` come out here.
  int64_t width(size_t index) const { return widths_[index]; }
  at::TensorOptions options() const { return weights_.front().options(); }

 private:
  struct Matrix {
    at::Tensor weight, bias;
  };
  // Of so many layers from `first` on: more than one only of a stack.
  Matrix matrix(size_t first, size_t count) const;
  int64_t width(size_t first, size_t count) const;
  bool together(Multiply how) const;

  std::vector<at::Tensor> weights_,
      biases_;  // one of all layers, or one of each; perhaps no biases
  std::vector<int64_t> widths_;
};

// Puts `made`, a result of near(), where it belongs, if it is not there.
void settle(const at::Tensor& made, const at::Tensor& place);

}  // namespace kinema::nn
