// The seams' plain fillings.
#include "nn/seams.h"

#include <ATen/ATen.h>
#include <catch2/catch.hpp>

#include "nn/attention.h"
#include "support/tensors.h"

namespace kinema::nn {
namespace {

Qkv random_stream(int64_t tokens) {
  auto make = [&] { return at::randn({1, tokens, 2, 16}); };
  return {make(), make(), make()};
}

}  // namespace

TEST_CASE("Joint attention is one attention over both streams", "[seams]") {
  at::manual_seed(1);
  auto video = random_stream(13), text = random_stream(6);
  auto [v, t] = LocalJointAttention()(video, text);
  auto whole = attention(at::cat({video.q, text.q}, 1), at::cat({video.k, text.k}, 1),
                         at::cat({video.v, text.v}, 1), 0.25);
  CHECK(at::equal(v, whole.narrow(1, 0, 13)));
  CHECK(at::equal(t, whole.narrow(1, 13, 6)));
}

TEST_CASE("Without text queries the video's result is the same and the text's is undefined",
          "[seams]") {
  at::manual_seed(2);
  auto video = random_stream(200), text = random_stream(60);
  auto want = LocalJointAttention()(video, text).first;
  text.q = at::Tensor();
  auto [v, t] = LocalJointAttention()(video, text);
  CHECK(test::scaled_difference(v, want) < 1e-6);
  CHECK_FALSE(t.defined());
}

TEST_CASE("An unsplit stream is the stream", "[seams]") {
  TokenSplit all;
  auto tokens = at::arange(6).view({1, 6, 1});
  CHECK(at::equal(all.part(tokens, 1), tokens));
  CHECK(at::equal(all.whole(tokens, 1, 6), tokens));
}

}  // namespace kinema::nn
