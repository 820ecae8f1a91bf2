// Adapters added on the way: right, whoever takes whichever part, and then with the same bits.
#include "weights/low_rank.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/roll.h>
#include <ATen/ops/zeros.h>

#include "support/temp_folder.h"
#include "support/tensors.h"
#include "weights/late_device.h"
#include "weights/stored_file.h"
#include "weights/upload.h"
#include "weights/weight_store.h"

namespace {

using namespace kinema;
using checkpoint::LowRank;
using test::LateDevice;
using weights::WeightStore;

// A weight and two adapters of it, the second of which holds three weights one below the other.
struct Adapted {
  explicit Adapted(at::IntArrayRef shape, at::ScalarType stored = at::kFloat) {
    const int64_t rows = shape[0], columns = c10::multiply_integers(shape.slice(1));
    weight = at::randn(shape).to(stored);
    a = at::randn({5, columns}).to(at::kBFloat16), b = at::randn({rows, 5});
    c = at::randn({3, columns}), d = at::randn({3 * rows, 3});
    const auto file =
        test::stored_file(folder / "lora.safetensors", {{"a", a}, {"b", b}, {"c", c}, {"d", d}});
    const auto of = [&](const char* name) { return *file.find(name); };
    list = {
        LowRank{.down = of("a"), .up = of("b"), .scale = 0.25},
        LowRank{.down = of("c"), .up = of("d"), .scale = -2, .first_row = rows, .turn = rows / 2}};
  }
  std::unique_ptr<WeightStore> store(at::ScalarType dtype) {
    checkpoint::Adapters adapters;
    adapters["w"] = std::make_shared<const std::vector<LowRank>>(list);
    return std::make_unique<WeightStore>(
        test::stored_file(folder / "w.safetensors", {{"w", weight}}),
        weights::Placement{.dtype = dtype}, weights::NameMap(), adapters);
  }
  at::Tensor expected() const {
    const int64_t rows = weight.size(0);
    const auto second = at::roll(d.narrow(0, rows, rows), -(rows / 2), 0).matmul(c);
    const auto sum = b.matmul(a.to(at::kFloat)) * 0.25 - second * 2.0;
    return weight.to(at::kFloat) + sum.view(weight.sizes());
  }

  test::TempFolder folder;
  at::Tensor weight, a, b, c, d;
  std::vector<LowRank> list;
};

}  // namespace

TEST_CASE("a weight is taken with what adapters add to it") {
  const auto stored = GENERATE(at::kFloat, at::kBFloat16);
  Adapted one({37, 71}, stored);
  CHECK(test::scaled_difference(one.store(at::kFloat)->take("w", {37, 71}), one.expected()) < 1e-6);
  // Rounded once, at the end.
  const auto rounded = one.store(at::kBFloat16)->take("w", {37, 71});
  CHECK(at::equal(rounded, one.store(at::kFloat)->take("w", {37, 71}).to(at::kBFloat16)));
  CHECK(one.store(at::kFloat)->take_table("w", {37, 71}).scalar_type() == at::kFloat);
}

TEST_CASE("a convolution is a matrix of its rows") {
  Adapted one({6, 4, 1, 3, 3});
  CHECK(test::scaled_difference(one.store(at::kFloat)->take("w", {6, 4, 1, 3, 3}), one.expected()) <
        1e-6);
}

TEST_CASE("a part of an adapted weight has the bits of the whole") {
  Adapted one({36, 70});
  const auto store = one.store(at::kFloat);
  const auto whole = store->take("w", {36, 70});
  for (const int64_t parts : {2, 3}) {
    std::vector<at::Tensor> rows, columns;
    for (int64_t i = 0; i < parts; ++i) {
      const int64_t height = 36 / parts, width = 70 / parts;
      rows.push_back(store->take_slice("w", {36, 70}, {0, i * height, height}));
      CHECK(at::equal(store->take_slice("w", {36, 70}, {1, i * width, width}),
                      whole.narrow(1, i * width, width)));
    }
    CHECK(at::equal(at::cat(rows), whole));
  }
  // In pieces that begin anywhere, as shards do, of the whole and of a part.
  const weights::Slice slice =
      GENERATE(weights::Slice{}, weights::Slice{0, 7, 20}, weights::Slice{1, 11, 45});
  const auto part = store->locate("w", {36, 70}, slice);
  const auto wanted =
      slice.length == 0 ? whole : whole.narrow(slice.dim, slice.start, slice.length);
  const auto flat = wanted.contiguous().view({-1});
  for (const int64_t step : {1, 13, 70, 333}) {
    auto got = at::zeros_like(flat);
    for (int64_t at = 0; at < flat.numel(); at += step)
      weights::read_elements(part, at, got.narrow(0, at, std::min(step, flat.numel() - at)));
    CHECK(at::equal(got, flat));
  }
}

TEST_CASE("an adapted weight arrives on a device with the same bits") {
  Adapted one({36, 70}, at::kBFloat16);
  const auto dtype = GENERATE(at::kFloat, at::kBFloat16);
  const auto store = one.store(dtype);
  for (const int64_t bytes : {28, 1000, 100000}) {
    LateDevice::Log log;
    const auto into = at::full({36, 70}, -1, dtype);
    {
      weights::UploadRing ring(std::make_unique<LateDevice>(log), {3, 4, bytes});
      weights::upload(ring, store->locate("w", {36, 70}, {}), into);
    }
    CHECK(at::equal(into, store->take("w", {36, 70})));
  }
}
