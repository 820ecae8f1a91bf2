// Attention spread over ranks against one process, with token counts that do not divide.
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/randn.h>
#include <catch2/catch.hpp>

#include "comm/gloo.h"
#include "nn/seams.h"
#include "parallel/ring_attention.h"
#include "parallel/sequence.h"
#include "parallel/ulysses_attention.h"
#include "support/ranks.h"
#include "support/tensors.h"

using kinema::nn::Qkv;
using kinema::test::require;
using kinema::test::scaled_difference;

namespace {

struct Case {
  int ulysses, ring;
  int64_t video_tokens, text_tokens;
};

Qkv random_qkv(int64_t tokens, uint64_t seed) {
  auto generator = at::detail::createCPUGenerator(seed);
  auto draw = [&] { return at::randn({1, tokens, 4, 16}, generator); };
  return {draw(), draw(), draw()};
}

Qkv parts(const Qkv& qkv, const kinema::nn::TokenSplit& split) {
  return {split.part(qkv.q, 1), split.part(qkv.k, 1), split.part(qkv.v, 1)};
}

void check(kinema::comm::Rendezvous& rendezvous, const Case& c, double tolerance) {
  const int rank = rendezvous.rank(), u = c.ulysses;
  std::vector<int> sequence, ulysses, ring;
  for (int r = 0; r < u * c.ring; ++r) sequence.push_back(r);
  for (int r = 0; r < u; ++r) ulysses.push_back(rank / u * u + r);
  for (int r = 0; r < c.ring; ++r) ring.push_back(rank % u + u * r);
  auto sequence_group = kinema::comm::gloo_group(rendezvous, "sequence", sequence);
  auto ulysses_group = kinema::comm::gloo_group(rendezvous, "ulysses", ulysses);
  auto ring_group = kinema::comm::gloo_group(rendezvous, "ring", ring);

  kinema::parallel::SequenceLayout layout(u, c.ring);
  layout.begin(c.video_tokens);
  kinema::parallel::SequenceSplit split(layout, *sequence_group);
  kinema::parallel::RingAttention ring_attention(layout, *ring_group);
  kinema::nn::LocalJointAttention local;
  const kinema::nn::JointAttention& inner =
      c.ring > 1 ? static_cast<const kinema::nn::JointAttention&>(ring_attention) : local;
  kinema::parallel::UlyssesAttention attend(layout, *ulysses_group, rank / u, inner);

  auto video = random_qkv(c.video_tokens, 1), text = random_qkv(c.text_tokens, 2);
  auto [video_want, text_want] = local(video, text);
  auto [video_part, text_got] = attend(parts(video, split), text);
  auto video_got = split.whole(video_part, 1, c.video_tokens);
  require(scaled_difference(video_got, video_want) <= tolerance, "video attention");
  require(scaled_difference(text_got, text_want) <= tolerance, "text attention");

  auto everybody = sequence_group->all_gather(text_got);
  for (int r = 0; r < sequence_group->size(); ++r) {
    require(at::equal(everybody[r], text_got), "the text stream is the same on every rank");
  }
  auto alone_part = attend(parts(video, split), {}).first;
  require(scaled_difference(split.whole(alone_part, 1, c.video_tokens), local(video, {}).first) <=
              tolerance,
          "a stream alone");
  auto [nothing, looking] =
      attend({{}, split.part(video.k, 1), split.part(video.v, 1)}, {text.q, {}, {}});
  require(!nothing.defined(), "no query of the video, no result for it");
  const auto looking_want = local({{}, video.k, video.v}, {text.q, {}, {}}).second;
  require(scaled_difference(looking, looking_want) <= tolerance, "the text looks at the video");
  everybody = sequence_group->all_gather(looking);
  for (int r = 0; r < sequence_group->size(); ++r) {
    require(at::equal(everybody[r], looking), "and sees the same on every rank");
  }
  auto without_text_query = attend(parts(video, split), {{}, text.k, text.v});
  require(!without_text_query.second.defined(), "no query, no result");
  require(at::equal(without_text_query.first, video_part),
          "the video does not need the text's query");
}

}  // namespace

TEST_CASE("Ulysses gives one process' attention bit for bit") {
  auto c = GENERATE(Case{2, 1, 37, 5}, Case{4, 1, 37, 5}, Case{4, 1, 5, 3});
  CHECK_NOTHROW(kinema::test::run_ranks(c.ulysses, [&](auto& r) { check(r, c, 0.0); }));
}

TEST_CASE("ring and Ulysses x ring give it within float32 rounding") {
  auto c = GENERATE(Case{1, 2, 37, 5}, Case{1, 4, 37, 5}, Case{2, 2, 37, 5}, Case{1, 4, 5, 3});
  CHECK_NOTHROW(kinema::test::run_ranks(c.ulysses * c.ring, [&](auto& r) { check(r, c, 2e-6); }));
}
