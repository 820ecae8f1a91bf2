// Where a module's parameters come from: the seam between a model, which states full shapes, and
// whoever holds weights.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

namespace kinema::weights {

// What follows a linear layer before its bias is added; empty when nothing does.
using OutputOp = std::function<at::Tensor(at::Tensor)>;

// A parameter by its name and its shape in the checkpoint.
struct Wanted {
  std::string name;
  std::vector<int64_t> shape;
};

// Parameters one below the other, each with so many rows: one tensor of them all, or one of each.
struct Stacked {
  std::vector<at::Tensor> tensors;
  std::vector<int64_t> rows;
};

class ParamSource {
 public:
  virtual ~ParamSource() = default;

  // The parameter `name`, whose shape in the checkpoint must be `shape` (-1: any size), in the
  // run's dtype and on its device. What comes back may be a part of it, cut by a rule the model
  // does not know. Throws Error(kModel): missing (with the nearest names) or mis-shaped.
  virtual at::Tensor take(const std::string& name, at::IntArrayRef shape) = 0;

  // The same for a table of which only some rows will be read: it may come in the type and in the
  // place it is stored in, so that a gigabyte is not copied for a hundred rows.
  virtual at::Tensor take_table(const std::string& name, at::IntArrayRef shape) {
    return take(name, shape);
  }

  // Parameters that differ in their first dimension alone, for use together: one tensor where they
  // are copied anyway, each as take() gives it where that is nothing but a view.
  virtual Stacked take_stacked(const std::vector<Wanted>& parameters);

  // Whether the checkpoint has `name`.
  virtual bool has(const std::string& name) const = 0;

  // What must be done with the product of the weight `name` and an input: empty if the product is
  // complete.
  virtual OutputOp after(const std::string& name) const { return {}; }
};

}  // namespace kinema::weights
