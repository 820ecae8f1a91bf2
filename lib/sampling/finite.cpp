// The largest magnitude is infinite or NaN exactly if some value is: one reduction, one number to
// the host.
#include "sampling/finite.h"

#include <cmath>

#include <ATen/ops/empty.h>
#include <ATen/ops/maximum.h>
#include <c10/core/Event.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include "base/error.h"

namespace kinema::sampling {

FiniteCheck::Question FiniteCheck::asked(const std::vector<at::Tensor>& values,
                                         const std::string& where) {
  at::Tensor largest;
  for (const auto& one : values) {
    if (one.numel() == 0) continue;
    const auto here = one.abs().max().to(at::kFloat);
    largest = largest.defined() ? at::maximum(largest, here) : here;
  }
  if (!largest.defined() || largest.is_cpu()) return {largest, nullptr, where};
  // Only into pinned memory does a GPU copy while the host goes on.
  const bool gpu = largest.is_cuda();
  const auto host = at::empty({}, at::TensorOptions(at::kFloat).pinned_memory(gpu));
  host.copy_(largest, /*non_blocking=*/true);
  if (!gpu) return {host, nullptr, where};
  auto there = std::make_shared<c10::Event>(at::kCUDA);
  there->record(c10::impl::VirtualGuardImpl(at::kCUDA).getStream(largest.device()));
  return {host, std::move(there), where};
}

void FiniteCheck::answer(const Question& question) {
  if (question.there) question.there->synchronize();
  if (!question.largest.defined() ||
      std::isfinite(*static_cast<const float*>(question.largest.const_data_ptr())))
    return;
  throw Error(
      ErrorKind::kModel,
      question.where + ": the latents hold infinite values or NaN, so no picture can come of them",
      "try --dtype float32, and kinema inspect to check the checkpoint");
}

void FiniteCheck::look(const std::vector<at::Tensor>& values, const std::string& where) {
  auto question = asked(values, where);
  settle();
  open_ = std::move(question);
  if (values.front().is_cpu()) settle();
}

void FiniteCheck::settle() {
  if (!open_) return;
  const auto question = std::move(*open_);
  open_.reset();
  answer(question);
}

}  // namespace kinema::sampling
