// A fallback for a dispatch key of LibTorch's that comes before all kernels and that nobody else
// uses.
#include "pipeline/played_device.h"

#include <set>

#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/stack.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>
#include <c10/core/impl/LocalDispatchKeySet.h>
#include <torch/library.h>

namespace kinema::test {
namespace {

using torch::jit::Stack;

constexpr auto kKey = c10::DispatchKey::TESTING_ONLY_GenericMode;

struct Seen {
  std::vector<std::string> mixed, waits;
  int64_t operations = 0, values_read = 0;
};
thread_local Seen* t_seen = nullptr;

// A host tensor without dimensions is a number, which every device takes.
struct Sides {
  bool device = false, host = false;
  void look(const at::Tensor& tensor) {
    if (!tensor.defined()) return;
    device = device || tensor.is_meta();
    host = host || (tensor.is_cpu() && tensor.dim() > 0);
  }
};

template <typename Look>
void for_each_tensor(const c10::IValue& value, const Look& look) {
  if (value.isTensor()) look(value.toTensor());
  if (value.isTensorList()) {
    for (const at::Tensor& tensor : value.toTensorVector()) look(tensor);
  }
  if (value.isList() && !value.isTensorList()) {
    for (const c10::IValue& item : value.toListRef()) for_each_tensor(item, look);
  }
}

Sides sides_of(at::ArrayRef<c10::IValue> arguments) {
  Sides sides;
  for (const auto& argument : arguments) {
    for_each_tensor(argument, [&](const at::Tensor& tensor) { sides.look(tensor); });
  }
  return sides;
}

c10::IValue one_of(at::ScalarType type) {
  if (type == at::kBool) return c10::IValue(true);
  return at::isFloatingType(type) ? c10::IValue(1.0) : c10::IValue(int64_t{1});
}

bool crosses(const at::Tensor& from, const at::Tensor& to) {
  return from.defined() && to.defined() && from.is_meta() != to.is_meta();
}

// Whether a GPU's host would wait in the operation.
bool makes_wait(const std::string& name, at::ArrayRef<c10::IValue> arguments) {
  if (name == "aten::copy_") {
    return crosses(arguments[1].toTensor(), arguments[0].toTensor()) && !arguments[2].toBool();
  }
  const bool on_device = !arguments.empty() && arguments[0].isTensor() &&
                         arguments[0].toTensor().defined() && arguments[0].toTensor().is_meta();
  if (name == "aten::_to_copy") {
    const bool moves = !arguments[3].isNone() && arguments[3].toDevice().is_cpu() == on_device;
    return moves && !arguments[5].toBool();
  }
  static const std::set<std::string> read = {
      "aten::_local_scalar_dense", "aten::nonzero",   "aten::_unique2", "aten::equal",
      "aten::masked_select",       "aten::is_nonzero"};
  return on_device && read.contains(name);
}

// Answers for what a device without values cannot: reading it. Returns whether it did.
bool answer(const std::string& name, at::ArrayRef<c10::IValue> arguments, Stack* stack) {
  const auto drop = arguments.size();
  if (name == "aten::_local_scalar_dense" && arguments[0].toTensor().is_meta()) {
    ++t_seen->values_read;
    const auto value = one_of(arguments[0].toTensor().scalar_type());
    torch::jit::drop(stack, drop);
    stack->push_back(value);
    return true;
  }
  if (name == "aten::_to_copy" && arguments[0].toTensor().is_meta() && !arguments[3].isNone() &&
      arguments[3].toDevice().is_cpu()) {
    const auto from = arguments[0].toTensor();
    const auto type = arguments[1].isNone() ? from.scalar_type() : arguments[1].toScalarType();
    torch::jit::drop(stack, drop);
    stack->push_back(at::zeros(from.sizes(), type));
    return true;
  }
  if (name == "aten::copy_" && arguments[0].toTensor().is_cpu() &&
      arguments[1].toTensor().is_meta()) {
    auto to = arguments[0].toTensor();
    torch::jit::drop(stack, drop);
    stack->push_back(to);
    return true;
  }
  return false;
}

bool is_copy(const std::string& name) {
  return name == "aten::copy_" || name == "aten::_to_copy" || name.starts_with("aten::to");
}

c10::IValue moved(const c10::IValue& value, at::Device from, at::Device to) {
  const auto move = [&](const at::Tensor& tensor) {
    if (!tensor.defined() || tensor.device() != from) return tensor;
    return to.is_cpu() ? at::zeros(tensor.sizes(), tensor.options().device(to))
                       : at::empty(tensor.sizes(), tensor.options().device(to));
  };
  if (value.isTensor()) return move(value.toTensor());
  if (!value.isTensorList()) return value;
  std::vector<at::Tensor> tensors;
  for (const at::Tensor& tensor : value.toTensorVector()) tensors.push_back(move(tensor));
  return tensors;
}

// Some operations have no shapes-only form outside Python: run on zeros of the host instead, where
// those that write into their arguments cannot be.
void run_on_zeros(const c10::OperatorHandle& op, std::vector<c10::IValue> arguments, Stack* stack) {
  const c10::impl::ExcludeDispatchKeyGuard unseen(kKey);
  for (auto& argument : arguments) argument = moved(argument, at::kMeta, at::kCPU);
  stack->insert(stack->end(), arguments.begin(), arguments.end());
  op.callBoxed(stack);
  for (auto result = stack->end() - static_cast<std::ptrdiff_t>(op.schema().returns().size());
       result != stack->end(); ++result) {
    *result = moved(*result, at::kCPU, at::kMeta);
  }
}

void look_at(const c10::OperatorHandle& op, c10::DispatchKeySet keys, Stack* stack) {
  const c10::DispatchKeySet rest(c10::DispatchKeySet::FULL_AFTER, kKey);
  if (t_seen == nullptr) return op.redispatchBoxed(keys & rest, stack);
  const auto& name = op.schema().name();
  const auto given = torch::jit::last(*stack, op.schema().arguments().size());
  const std::vector<c10::IValue> arguments(given.begin(), given.end());
  const auto sides = sides_of(arguments);
  if (sides.device) ++t_seen->operations;
  const bool mixes = sides.device && sides.host && !is_copy(name);
  if (mixes) t_seen->mixed.push_back(name);
  if (makes_wait(name, arguments)) t_seen->waits.push_back(name);
  if (answer(name, arguments, stack)) return;
  const auto below = stack->size() - arguments.size();
  try {
    op.redispatchBoxed(keys & rest, stack);
  } catch (const c10::NotImplementedError&) {
    if (mixes || op.schema().is_mutable()) throw;
    stack->resize(below);
    run_on_zeros(op, arguments, stack);
  }
}

TORCH_LIBRARY_IMPL(_, TESTING_ONLY_GenericMode, library) {
  library.fallback(torch::CppFunction::makeFromBoxedFunction<&look_at>());
}

}  // namespace

PlayedDevice::PlayedDevice() {
  t_seen = new Seen;
  c10::impl::tls_set_dispatch_key_included(kKey, true);
}

PlayedDevice::~PlayedDevice() {
  c10::impl::tls_set_dispatch_key_included(kKey, false);
  delete t_seen;
  t_seen = nullptr;
}

const std::vector<std::string>& PlayedDevice::mixed() const { return t_seen->mixed; }
const std::vector<std::string>& PlayedDevice::waits() const { return t_seen->waits; }
int64_t PlayedDevice::operations() const { return t_seen->operations; }
int64_t PlayedDevice::values_read() const { return t_seen->values_read; }

}  // namespace kinema::test
