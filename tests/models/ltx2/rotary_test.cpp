// Positions and rotary tables against the reference's, of both layouts.
#include "models/ltx2/rotary.h"

#include <ATen/ATen.h>
#include <catch2/catch.hpp>

#include "models/ltx2/transformer_case.h"
#include "support/tensors.h"

namespace kinema::ltx2 {
namespace {

// The reference's table as [L, H, D / 2].
at::Tensor by_token(const at::Tensor& table, const Rotary& like) {
  if (like.type == config::Ltx2RopeType::kSplit) return table.transpose(0, 1);
  return table.unflatten(1, {-1, 2}).select(-1, 0).unflatten(1, {like.cos.size(1), -1});
}

// The reference's rotation by it, on x [1, L, H, D].
at::Tensor turned(const at::Tensor& x, const Rotary& r) {
  const int64_t half = x.size(-1) / 2;
  auto first = x.narrow(-1, 0, half), second = x.narrow(-1, half, half);
  if (r.type == config::Ltx2RopeType::kInterleaved) {
    auto pairs = x.unflatten(-1, {-1, 2});
    first = pairs.select(-1, 0), second = pairs.select(-1, 1);
  }
  auto a = first * r.cos - second * r.sin, b = second * r.cos + first * r.sin;
  return r.type == config::Ltx2RopeType::kSplit ? at::cat({a, b}, -1)
                                                : at::stack({a, b}, -1).flatten(-2);
}

}  // namespace

TEST_CASE("Positions and tables are the reference's, to the bit", "[ltx2][rotary]") {
  const TransformerCase stored(GENERATE("split_2_0", "split_2_3", "interleaved"));
  const auto video = video_bounds(3, 3, 3, 24.0, stored.config);
  const auto audio = audio_bounds(5, stored.config);
  CHECK(at::equal(video, stored.at("bounds.video")));
  CHECK(at::equal(audio, stored.at("bounds.audio")));
  const auto all = rotaries(video, audio, stored.config);
  auto check = [&](const std::string& name, const Rotary& rotary) {
    CAPTURE(name);
    CHECK(at::equal(rotary.cos, by_token(stored.at("rope." + name + ".cos"), rotary)));
    CHECK(at::equal(rotary.sin, by_token(stored.at("rope." + name + ".sin"), rotary)));
  };
  check("video", all.video);
  check("audio", all.audio);
  check("video_cross", all.video_cross);
  check("audio_cross", all.audio_cross);
}

TEST_CASE("An appended picture lasts one frame where its latent frame begins", "[ltx2][rotary]") {
  config::Ltx2TransformerConfig config;
  const auto bounds = keyframe_bounds(2, 2, 3, 24, config);
  REQUIRE(bounds.sizes().vec() == std::vector<int64_t>{3, 6, 2});
  const auto last = bounds.select(1, 5).contiguous();
  // Latent frame 2 begins at frame 9; the last token is in row 1, column 2.
  const float wanted[] = {9 / 24.0f, 10 / 24.0f, 32, 64, 64, 96};
  for (int64_t i = 0; i < 6; ++i) CHECK(last.data_ptr<float>()[i] == wanted[i]);
  CHECK(bounds[0].select(1, 0).eq(9 / 24.0f).all().item<bool>());
}

TEST_CASE("Pairs turn as their layout says", "[ltx2][rotary]") {
  const auto type = GENERATE(config::Ltx2RopeType::kInterleaved, config::Ltx2RopeType::kSplit);
  at::manual_seed(3);
  const auto x = at::randn({1, 6, 4, 10});
  const auto r = rotary_table(at::rand({6, 3}), {40, 4, 10000.0, true, type});
  CHECK(test::scaled_difference(rotated(x, r), turned(x, r)) < 1e-6);
  CHECK(rotated(x.to(at::kBFloat16), r).scalar_type() == at::kBFloat16);
}

TEST_CASE("A table of fewer heads turns the same channels", "[ltx2][rotary]") {
  at::manual_seed(4);
  const auto x = at::randn({1, 6, 4, 6});
  const auto r =
      rotary_table(at::rand({6, 1}), {24, 2, 10000.0, true, config::Ltx2RopeType::kSplit});
  const auto wide = turned(x.reshape({1, 6, 2, 12}), r);
  CHECK(test::scaled_difference(rotated(x, r), wide.reshape({1, 6, 4, 6})) < 1e-6);
}

}  // namespace kinema::ltx2
