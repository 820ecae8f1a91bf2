// Reference tensors come through the program's own reader.
#include "support/tensors.h"

#include <algorithm>
#include <filesystem>
#include <limits>

#include "weights/stored.h"

namespace kinema::test {

std::map<std::string, at::Tensor> stored_tensors(const std::string& relative_path) {
  return weights::load_tensors(std::filesystem::path(KINEMA_TEST_DATA) / relative_path);
}

double scaled_difference(const at::Tensor& got, const at::Tensor& want) {
  constexpr double kInfinite = std::numeric_limits<double>::infinity();
  if (got.sizes() != want.sizes()) return kInfinite;
  if (got.numel() == 0) return 0;
  const auto a = got.to(at::kCPU, at::kDouble);
  const auto b = want.to(at::kCPU, at::kDouble);
  if (!a.isfinite().all().item<bool>()) return kInfinite;
  return (a - b).abs().max().item<double>() / std::max(1.0, b.abs().max().item<double>());
}

}  // namespace kinema::test
