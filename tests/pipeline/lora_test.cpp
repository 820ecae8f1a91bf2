// Two stored LoRA files in a stored checkpoint, against the same sum in plain torch.
#include <ATen/ops/equal.h>
#include <catch2/catch.hpp>

#include "plan/model_facts.h"
#include "support/tensors.h"
#include "weights/weight_store.h"

using namespace kinema;

TEST_CASE("weights with LoRA files are those that torch gives") {
  const auto data = std::filesystem::path(KINEMA_TEST_DATA) / "hunyuan15";
  config::Request request;
  request.model = data / "t2v/model";
  request.lora = {{data / "lora/first.safetensors", 0.8}, {data / "lora/second.safetensors", -0.5}};
  const auto facts = plan::read_model(request);
  const auto& transformer = facts.component("transformer");
  const auto component = checkpoint::Component::open(transformer.weights);
  weights::WeightStore plain(component, {}), adapted(component, {}, {}, transformer.adapters);
  const auto expected = test::stored_tensors("hunyuan15/lora/expected.safetensors");
  CHECK(transformer.adapters.size() == expected.size());
  int64_t changed = 0;
  for (const auto& [name, stored] : component.tensors()) {
    INFO(name);
    const auto got = adapted.take(name, stored.entry.shape);
    const auto unchanged = plain.take(name, stored.entry.shape);
    if (const auto want = expected.find(name); want != expected.end()) {
      CHECK(test::scaled_difference(got, want->second) < 1e-6);
      CHECK(test::scaled_difference(got, unchanged) > 1e-3);
      ++changed;
    } else {
      CHECK(at::equal(got, unchanged));
    }
  }
  CHECK(changed == static_cast<int64_t>(expected.size()));
}
