// Observers are plain functions of LibTorch's: the watch of a thread is found by a variable of the
// thread's.
#include "nn/attention_watch.h"

#include <algorithm>
#include <memory>
#include <string_view>

#include <ATen/core/ivalue.h>
#include <ATen/record_function.h>

namespace kinema::nn {
namespace {

thread_local AttentionWatch* t_watch = nullptr;

struct Kernel {
  std::string_view operation;
  const char* name;
  size_t bias;  // its place among the arguments
};

constexpr size_t kNoBias = 99;
constexpr Kernel kKernels[] = {
    {"aten::_scaled_dot_product_cudnn_attention", "cudnn", 3},
    {"aten::_scaled_dot_product_flash_attention", "flash", kNoBias},
    {"aten::_scaled_dot_product_flash_attention_for_cpu", "flash", 5},
    {"aten::_scaled_dot_product_efficient_attention", "efficient", 3},
    {"aten::_scaled_dot_product_attention_math", "math", 3},
    {"kinema::attention_in_full", "math", kNoBias},
};

bool is_tensor(const c10::IValue& value) { return value.isTensor() && value.toTensor().defined(); }

// Operands are [B, H, L, D].
std::unique_ptr<at::ObserverContext> began(const at::RecordFunction& operation) {
  const std::string_view name = operation.name();
  const auto* kernel = std::find_if(std::begin(kKernels), std::end(kKernels),
                                    [&](const Kernel& k) { return k.operation == name; });
  if (t_watch == nullptr || kernel == std::end(kKernels)) return nullptr;
  const auto inputs = operation.inputs();
  const auto &q = inputs[0].toTensor(), &k = inputs[1].toTensor();
  const bool biased = kernel->bias < inputs.size() && is_tensor(inputs[kernel->bias]);
  t_watch->note({kernel->name, std::string(c10::toString(q.scalar_type())), q.size(2), k.size(2),
                 q.size(1), q.size(3), biased, 1});
  return nullptr;
}

}  // namespace

AttentionWatch::AttentionWatch() {
  t_watch = this;
  handle_ = at::addThreadLocalCallback(
      at::RecordFunctionCallback(&began).needsInputs(true).scopes({at::RecordScope::FUNCTION}));
}

AttentionWatch::~AttentionWatch() {
  at::removeCallback(handle_);
  t_watch = nullptr;
}

void AttentionWatch::note(const AttentionUse& use) {
  for (auto& seen : seen_) {
    const bool same = seen.kernel == use.kernel && seen.type == use.type &&
                      seen.queries == use.queries && seen.keys == use.keys &&
                      seen.heads == use.heads && seen.head_dim == use.head_dim &&
                      seen.biased == use.biased;
    if (!same) continue;
    seen.calls += use.calls;
    return;
  }
  seen_.push_back(use);
}

}  // namespace kinema::nn
