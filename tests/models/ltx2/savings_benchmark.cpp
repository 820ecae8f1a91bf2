// What the exact savings of LTX-2's transformer are worth on this machine. Hidden: run
// models_test "[savings]"; it prints and asserts no time.
#include <cstdio>

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>
#include <catch2/catch.hpp>

#include "models/ltx2/transformer.h"
#include "support/local_seams.h"
#include "support/random_source.h"
#include "support/savings.h"

namespace kinema::ltx2 {
namespace {

constexpr int64_t kFrames = 4, kHeight = 8, kWidth = 12;
constexpr int64_t kTokens = kFrames * kHeight * kWidth, kAudioTokens = 32, kTextTokens = 1024;

config::Ltx2TransformerConfig middle_sized(bool newer) {
  config::Ltx2TransformerConfig config;
  config.video = {128, 128, 8, 64, 512, 20, newer, newer};
  config.audio = {128, 128, 8, 32, 256, 20, newer, newer};
  config.num_layers = 6;
  config.caption_channels = 512;
  config.rope_type = config::Ltx2RopeType::kSplit;
  config.use_prompt_embeddings = !newer;
  return config;
}

class Measured {
 public:
  explicit Measured(bool newer)
      : config_(middle_sized(newer)),
        transformer_(scope(), config_, local_.seams()),
        prepared_(transformer_.prepare(
            {video_bounds(kFrames, kHeight, kWidth, 24, config_),
             audio_bounds(kAudioTokens, config_)},
            std::make_shared<const ModulationTable>(
                scope(), config_, at::tensor({900.0F}), NoiseLevels(kTokens), CrossTime::kOther),
            {text(newer), text(newer)})),
        latents_{at::randn({1, kTokens, 128}), at::randn({1, kAudioTokens, 128})} {}

  void step(const std::vector<Pass>& passes) {
    transformer_.velocity(prepared_, latents_, 0, passes);
  }
  void alone(const std::vector<Pass>& passes) {
    for (const auto& pass : passes) step({pass});
  }
  void forget_text() {
    for (auto& condition : prepared_.conditions) condition.keys.clear();
  }
  // The adaptive norms of one step, for `rows` noise levels of the video.
  void modulation(int64_t rows) {
    const auto t = at::linspace(0.0F, 900.0F, rows);
    auto norm = [&](const char* name, int64_t parts) {
      const auto at = scope() / name;
      const int64_t width = config_.video.width();
      const nn::TimestepEmbedding embed(at / "emb.timestep_embedder", width);
      return nn::Linear(at / "linear", width, parts * width)(at::silu(embed(t)));
    };
    norm("time_embed", config_.video.modulations());
    norm("av_cross_attn_video_scale_shift", 4);
    norm("av_cross_attn_video_a2v_gate", 1);
  }

 private:
  nn::ParamScope scope() { return nn::ParamScope(source_); }
  static Streams text(bool newer) {
    return {at::randn({1, kTextTokens, 512}), at::randn({1, kTextTokens, newer ? 256 : 512})};
  }

  config::Ltx2TransformerConfig config_;
  test::RandomSource source_;
  test::LocalSeams local_;
  Transformer transformer_;
  Prepared prepared_;
  Streams latents_;
};

}  // namespace

TEST_CASE("What the savings are worth", "[.][savings]") {
  const c10::InferenceMode mode;
  for (const bool newer : {false, true}) {
    Measured measured(newer);
    const Pass prompt{}, negative{.condition = 1}, perturbed{.perturbed = {4}},
        isolated{.isolated = true};
    std::printf("LTX-2%s: %ld + %ld tokens, %ld of text, 6 blocks of 512 + 256 channels\n",
                newer ? ".3" : "", kTokens, kAudioTokens, kTextTokens);
    measured.step({prompt, negative});
    auto kept = [&] { measured.step({prompt, negative}); };
    auto again = [&] {
      measured.forget_text();
      kept();
    };
    if (!newer) test::compare("keys and values of the text once a prompt", again, kept);
    auto saved = [&](const char* what, const std::vector<Pass>& passes) {
      test::compare(
          what, [&] { measured.alone(passes); }, [&] { measured.step(passes); });
    };
    saved("a pass perturbed in the 5th of 6 blocks", {prompt, perturbed});
    saved("all four passes", {prompt, negative, perturbed, isolated});
    test::compare(
        "two rows of modulation, not one a token (of each step)",
        [&] { measured.modulation(kTokens); }, [&] { measured.modulation(2); });
  }
}

}  // namespace kinema::ltx2
