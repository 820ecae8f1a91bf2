// What stopping HunyuanVideo's text encoder at the layer that is used is worth on this machine.
// Hidden: run text_test "[savings]"; it prints and asserts no time.
#include <cstdio>

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>
#include <catch2/catch.hpp>

#include "support/random_source.h"
#include "support/savings.h"
#include "text/qwen_text_model.h"

namespace kinema::text {

TEST_CASE("What stopping the text encoder early is worth", "[.][savings]") {
  const c10::InferenceMode mode;
  config::QwenTextConfig config;
  config.vocab_size = 1000;
  config.hidden_size = 256;
  config.intermediate_size = 1024;
  config.num_attention_heads = 4;
  config.num_key_value_heads = 2;
  config.head_dim = 64;
  test::RandomSource source;
  auto model = [&](int64_t layers) {
    config.num_hidden_layers = layers;
    return QwenTextModel(nn::ParamScope(source), config);
  };
  // The model leaves the last two of its layers out.
  const auto stops = model(28), goes_on = model(30);
  nn::BlockWeights resident;
  const auto ids = at::arange(256, at::kLong);
  std::printf("Text encoder: 256 tokens, 28 layers of 256 channels\n");
  test::compare(
      "the last two layers left out", [&] { goes_on(ids, resident); },
      [&] { stops(ids, resident); });
}

}  // namespace kinema::text
