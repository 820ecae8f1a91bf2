// Operators are counted while somebody counts, by name, the longest first.
#include "tensor/kernel_times.h"

#include <algorithm>

#include <ATen/TensorOperators.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/rand.h>
#include <catch2/catch.hpp>

using namespace kinema;

TEST_CASE("operators by name, each with what it calls, and at most so many") {
  const auto x = at::rand({200, 200});
  tensor::KernelTimes counted(at::kCPU);
  for (int i = 0; i < 3; ++i) at::linear(x, x);
  const auto sum = x + x;
  const auto times = counted.take(10);
  REQUIRE(times.size() >= 2);
  const auto found = std::find_if(times.begin(), times.end(),
                                  [](const auto& one) { return one.name == "aten::linear"; });
  REQUIRE(found != times.end());
  CHECK(found->calls == 3);
  CHECK(found->seconds > 0);
  CHECK(std::none_of(times.begin(), times.end(),
                     [](const auto& one) { return one.name == "aten::mm"; }));
  CHECK(std::is_sorted(times.begin(), times.end(),
                       [](const auto& a, const auto& b) { return a.seconds > b.seconds; }));
}

TEST_CASE("a count may be left, or cut, and begun again") {
  { const tensor::KernelTimes left(at::kCPU); }
  tensor::KernelTimes counted(at::kCPU);
  const auto x = at::rand({4, 4});
  const auto y = (x + x) * x - x;
  CHECK(counted.take(1).size() == 1);
}
