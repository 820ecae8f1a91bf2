// Taking parameters: views, conversions, slices, and what is said when they are not there.
#include "weights/weight_store.h"

#include "support/tensors.h"

using namespace std::string_literals;

namespace {

constexpr auto kCase = KINEMA_TEST_DATA "/hunyuan15/t2v/model/";

}  // namespace

TEST_CASE("a sharded component gives its tensors in the run's type") {
  using kinema::weights::WeightStore;
  auto component = kinema::checkpoint::Component::open(kCase + "transformer"s);
  WeightStore same(component, {.dtype = at::kFloat});
  WeightStore half(component, {.dtype = at::kBFloat16});
  auto a = same.take("proj_out.weight", {4, 64});
  CHECK(a.scalar_type() == at::kFloat);
  auto b = half.take("proj_out.weight", {4, 64});
  CHECK(at::equal(a.to(at::kBFloat16), b));
  CHECK(same.bytes_read() > 0);
}

TEST_CASE("stored reference tensors are read") {
  auto tensors = kinema::test::stored_tensors("hunyuan15/t2v/expected.safetensors");
  CHECK(tensors.size() > 3);
  for (const auto& [name, tensor] : tensors)
    CHECK(kinema::test::scaled_difference(tensor, tensor) == 0);
}
