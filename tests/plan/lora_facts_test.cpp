// Adapters by their names.
#include "plan/lora_facts.h"

#include <catch2/catch.hpp>

#include "checkpoint/writer.h"
#include "plan/inspection.h"
#include "support/temp_folder.h"

using namespace kinema;

namespace {

void write(const std::filesystem::path& file, const std::vector<checkpoint::TensorSpec>& specs) {
  checkpoint::SafetensorsWriter writer(file, specs);
  for (const auto& spec : specs) {
    int64_t count = 1;
    for (const auto size : spec.shape) count *= size;
    const std::vector<float> zeros(static_cast<size_t>(count));
    writer.append(spec.name, std::as_bytes(std::span(zeros)));
  }
  writer.commit();
}

}  // namespace

TEST_CASE("adapters are told by their names, whoever has written them") {
  const test::TempFolder folder;
  const auto file = folder.path() / "style.safetensors";
  const auto f32 = checkpoint::Dtype::kF32;
  write(file, {{"transformer.a.lora_A.weight", f32, {4, 8}},
               {"transformer.a.lora_B.weight", f32, {6, 4}},
               {"transformer.a.alpha", f32, {}},
               {"transformer.b.lora_down.weight", f32, {2, 8}},
               {"transformer.b.lora_up.weight", f32, {6, 2}},
               {"transformer.c.lora_A.weight", f32, {2, 8}}});
  const auto facts = plan::lora_facts(checkpoint::LoraFile::open(file));
  REQUIRE(facts.has_value());
  CHECK(facts->layers == 2);
  CHECK(facts->ranks == std::map<int64_t, int64_t>{{2, 1}, {4, 1}});
  CHECK(facts->with_alpha == 1);
  CHECK(facts->unpaired == 1);
  CHECK(facts->prefix == "transformer.");
  CHECK_THAT(plan::inspection_text(plan::inspect(file).json),
             Catch::Contains("low-rank adapters of 2 layers, rank 2 of 1, rank 4 of 1; 1 with "
                             "alpha; 1 factors unpaired; names begin with transformer."));
}

TEST_CASE("a file without factors has no adapters") {
  const test::TempFolder folder;
  const auto file = folder.path() / "plain.safetensors";
  write(file, {{"a.weight", checkpoint::Dtype::kF32, {4, 8}}});
  CHECK_FALSE(plan::lora_facts(checkpoint::LoraFile::open(file)).has_value());
}
