// Any range of any part of a parameter, in any type.
#include "weights/stored_part.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/equal.h>
#include <catch2/catch.hpp>

#include "support/temp_folder.h"
#include "weights/stored_file.h"
#include "weights/weight_store.h"

using namespace kinema;
using weights::Slice;

namespace {

// Every range of the part's elements equals that range of `want`, and costs its bytes.
void check_ranges(const weights::StoredPart& part, const at::Tensor& want, uint64_t stored_bytes) {
  CHECK(at::IntArrayRef(part.sizes()) == want.sizes());
  const auto flat = want.contiguous().reshape({-1});
  for (int64_t first = 0; first < flat.numel(); ++first) {
    for (int64_t count = 1; first + count <= flat.numel(); count += 3) {
      auto into = at::empty({count}, want.scalar_type());
      CHECK(weights::read_elements(part, first, into) ==
            static_cast<uint64_t>(count) * stored_bytes);
      CHECK(at::equal(into, flat.narrow(0, first, count)));
    }
  }
}

}  // namespace

TEST_CASE("ranges of whole parameters, of rows and of columns") {
  const auto values = at::arange(4 * 5 * 2, at::kFloat).reshape({4, 5, 2}).div(8);
  const test::TempFolder folder;
  weights::WeightStore store(test::stored_file(folder / "w.safetensors", {{"a", values}}), {});
  const auto dtype = GENERATE(at::kFloat, at::kBFloat16);
  const auto want = values.to(dtype);
  check_ranges(store.locate("a", {4, 5, 2}, {}), want, 4);
  check_ranges(store.locate("a", {4, 5, 2}, Slice{0, 1, 2}), want.narrow(0, 1, 2), 4);
  check_ranges(store.locate("a", {4, 5, 2}, Slice{1, 2, 3}), want.narrow(1, 2, 3), 4);
  CHECK(store.bytes_read() == 0);
  CHECK(store.unread().empty());
}

TEST_CASE("8-bit floats come times the scale of their row") {
  const auto values = at::arange(12, at::kFloat).reshape({4, 3});
  const auto scale = at::arange(1, 5, at::kFloat).reshape({4, 1});
  const test::TempFolder folder;
  weights::WeightStore store(
      test::stored_file(folder / "w.safetensors",
                        {{"a.weight", values.to(at::kFloat8_e4m3fn)}, {"a.weight_scale", scale}}),
      {});
  const auto want = values * scale;
  check_ranges(store.locate("a.weight", {4, 3}, {}), want, 1);
  check_ranges(store.locate("a.weight", {4, 3}, Slice{0, 2, 2}), want.narrow(0, 2, 2), 1);
  check_ranges(store.locate("a.weight", {4, 3}, Slice{1, 1, 2}), want.narrow(1, 1, 2), 1);
}

TEST_CASE("a parameter without dimensions is one element") {
  const test::TempFolder folder;
  const auto value = at::full({}, 2.5);
  weights::WeightStore store(test::stored_file(folder / "w.safetensors", {{"a", value}}), {});
  auto into = at::empty({1});
  CHECK(weights::read_elements(store.locate("a", {}, {}), 0, into) == 4);
  CHECK(into.item<float>() == 2.5F);
}
