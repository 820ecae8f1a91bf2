// The table of all steps against the layers it replaces.
#include "models/hunyuan15/modulation.h"

#include <ATen/ATen.h>
#include <catch2/catch.hpp>

#include "models/hunyuan15/transformer_case.h"
#include "nn/layers.h"
#include "support/tensors.h"

namespace kinema::hunyuan15 {
namespace {

// What the reference's block computes in each forward: SiLU, one linear layer, six parts.
std::vector<at::Tensor> in_the_block(TransformerCase& stored,
                                     const std::string& norm,
                                     const at::Tensor& time) {
  const int64_t width = stored.config.width();
  nn::Linear linear(stored.scope() / norm / "linear", width, 6 * width);
  return linear(at::silu(time)).unsqueeze(1).chunk(6, -1);
}

void check_equal(const StreamModulation& got, const std::vector<at::Tensor>& want) {
  CHECK(at::equal(got.attention.shift, want[0]));
  CHECK(at::equal(got.attention.scale, 1 + want[1]));
  CHECK(at::equal(got.attention.gate, want[2]));
  CHECK(at::equal(got.mlp.shift, want[3]));
  CHECK(at::equal(got.mlp.scale, 1 + want[4]));
  CHECK(at::equal(got.mlp.gate, want[5]));
}

}  // namespace

TEST_CASE("The time embedding is the reference's, with mean flow too", "[modulation]") {
  TransformerCase stored(GENERATE("t2v", "i2v"));
  auto table = stored.modulation();
  CHECK(table.steps() == stored.at("timesteps").size(0));
  CHECK(test::scaled_difference(table.time().narrow(0, 0, 1), stored.at("step0_temb")) < 1e-5);
}

TEST_CASE("Every step's vectors are bit-equal to those made in the block", "[modulation]") {
  TransformerCase stored(GENERATE("t2v", "i2v"));
  auto table = stored.modulation();
  for (int64_t step = 0; step < table.steps(); ++step) {
    auto time = table.time().narrow(0, step, 1);
    for (int64_t i = 0; i < stored.config.num_layers; ++i) {
      auto block = "transformer_blocks." + std::to_string(i);
      auto got = table.block(i, step);
      check_equal(got.video, in_the_block(stored, block + ".norm1", time));
      check_equal(got.text, in_the_block(stored, block + ".norm1_context", time));
    }
  }
}

TEST_CASE("A step's vectors do not depend on the other steps", "[modulation]") {
  TransformerCase stored("t2v");
  auto times = at::linspace(1000, 10, 37);
  ModulationTable all(stored.scope(), stored.config, times);
  for (int64_t step : {0, 17, 36}) {
    ModulationTable alone(stored.scope(), stored.config, times.narrow(0, step, 1));
    CHECK(at::equal(all.block(1, step).text.mlp.gate, alone.block(1, 0).text.mlp.gate));
    CHECK(at::equal(all.output(step).scale, alone.output(0).scale));
    CHECK(at::equal(all.output(step).shift, alone.output(0).shift));
    CHECK(at::equal(all.refiner_time(step), alone.refiner_time(0)));
  }
}

TEST_CASE("The output's scale comes before its shift", "[modulation]") {
  TransformerCase stored("t2v");
  auto table = stored.modulation();
  const int64_t width = stored.config.width();
  nn::Linear linear(stored.scope() / "norm_out.linear", width, 2 * width);
  auto want = linear(at::silu(table.time().narrow(0, 2, 1))).unsqueeze(1).chunk(2, -1);
  CHECK(at::equal(table.output(2).scale, 1 + want[0]));
  CHECK(at::equal(table.output(2).shift, want[1]));
}

}  // namespace kinema::hunyuan15
