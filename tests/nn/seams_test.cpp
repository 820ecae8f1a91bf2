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

TEST_CASE("What is written into the places is attended to where it lies", "[seams]") {
  at::manual_seed(3);
  auto video = random_stream(13), text = random_stream(6);
  const LocalJointAttention attend;
  const auto lying = GENERATE(Lying::kApart, Lying::kSideBySide);
  const auto joint = joint_places({2, 16, video.q.options()}, {13}, {6}, lying);
  auto write = [](const Qkv& from, const Qkv& to) {
    to.q.copy_(from.q.unsqueeze(2)), to.k.copy_(from.k.unsqueeze(2)),
        to.v.copy_(from.v.unsqueeze(2));
  };
  write(video, joint.video), write(text, joint.text);
  const auto keys = joined(ungrouped(joint.video.k), ungrouped(joint.text.k));
  CHECK(keys.data_ptr() == joint.video.k.data_ptr());
  CHECK(at::equal(keys, at::cat({video.k, text.k}, 1)));
  auto [v, t] = attend.attended(joint);
  auto [v_want, t_want] = attend(video, text);
  CHECK(at::equal(v, v_want));
  CHECK(at::equal(t, t_want));
}

TEST_CASE("Places are there for what is brought, and keys follow each other", "[seams]") {
  const HeadShape shape{2, 16, at::kFloat};
  const Brings nothing{0, false, false}, asks{3, true, false}, answers{5, false, true}, all{4};
  const auto lying = GENERATE(Lying::kApart, Lying::kSideBySide);
  for (const auto& video : {nothing, asks, answers, all}) {
    for (const auto& text : {nothing, asks, answers, all}) {
      const auto joint = joint_places(shape, video, text, lying);
      for (const auto& [brings, places] : {std::pair(video, joint.video), {text, joint.text}}) {
        CHECK(places.q.defined() == brings.queries);
        CHECK(places.k.defined() == brings.keys);
        CHECK(places.v.defined() == brings.keys);
        if (places.v.defined())
          CHECK(places.v.sizes() == at::IntArrayRef({1, brings.tokens, 1, 2, 16}));
      }
      if (video.keys && text.keys) {
        const auto both = joined(ungrouped(joint.video.v), ungrouped(joint.text.v));
        CHECK(both.is_alias_of(joint.video.v));
      }
    }
  }
}

TEST_CASE("Streams that lie apart are put together", "[seams]") {
  auto whole = at::arange(24).view({1, 6, 2, 2});
  auto first = whole.narrow(1, 0, 2);
  for (int64_t start : {2, 3}) {
    const auto second = whole.narrow(1, start, 2);
    CHECK(at::equal(joined(first, second), at::cat({first, second}, 1)));
    CHECK((joined(first, second).data_ptr() == whole.data_ptr()) == (start == 2));
  }
  CHECK(joined(first, {}).is_same(first));
  CHECK(joined({}, first).is_same(first));
}

TEST_CASE("An unsplit stream is the stream", "[seams]") {
  TokenSplit all;
  auto tokens = at::arange(6).view({1, 6, 1});
  CHECK(at::equal(all.part(tokens, 1), tokens));
  CHECK(at::equal(all.whole(tokens, 1, 6), tokens));
}

}  // namespace kinema::nn
