// Fused attention against softmax written out in float64.
#include "nn/attention.h"

#include <ATen/ATen.h>
#include <catch2/catch.hpp>

#include "nn/attention_watch.h"
#include "support/tensors.h"

namespace kinema::nn {
namespace {

using test::scaled_difference;

struct Case {
  at::Tensor q, k, v;
};

Case random_case(int64_t batch,
                 int64_t queries,
                 int64_t keys,
                 int64_t heads,
                 int64_t dim,
                 at::ScalarType dtype) {
  at::manual_seed(queries * 100 + keys);
  auto make = [&](int64_t tokens) { return at::randn({batch, tokens, heads, dim}).to(dtype); };
  return {make(queries) * 2, make(keys) * 2, make(keys)};
}

// [B, H, Lq, Lk] float64
at::Tensor scores(const Case& c, double scale) {
  auto q = c.q.to(at::kDouble).transpose(1, 2), k = c.k.to(at::kDouble).transpose(1, 2);
  return at::matmul(q, k.transpose(-2, -1)) * scale;
}

at::Tensor plain(const Case& c, double scale) {
  return at::matmul(scores(c, scale).softmax(-1), c.v.to(at::kDouble).transpose(1, 2))
      .transpose(1, 2);
}

}  // namespace

TEST_CASE("Attention is softmax attention", "[attention]") {
  auto [queries, keys, dim] = GENERATE(
      table<int64_t, int64_t, int64_t>({{1, 5, 16}, {70, 33, 64}, {300, 812, 128}, {9, 9, 20}}));
  auto dtype = GENERATE(at::kFloat, at::kBFloat16);
  auto c = random_case(2, queries, keys, 3, dim, dtype);
  const double scale = 0.17, tolerance = dtype == at::kFloat ? 1e-5 : 1e-2;
  auto out = attention(c.q, c.k, c.v, scale);
  CHECK(out.scalar_type() == dtype);
  CHECK(scaled_difference(out, plain(c, scale)) < tolerance);
  auto [same, lse] = attention_with_lse(c.q, c.k, c.v, scale);
  CHECK(scaled_difference(same, plain(c, scale)) < tolerance);
  CHECK(lse.scalar_type() == at::kFloat);
  auto want = scores(c, scale).logsumexp(-1).transpose(1, 2);
  CHECK(scaled_difference(lse, want) < (dtype == at::kFloat ? 1e-6 : 1e-5));
}

TEST_CASE("Two halves of the keys merge by their log-sum-exp", "[attention]") {
  auto c = random_case(1, 40, 90, 2, 32, at::kFloat);
  auto half = [&](int64_t from, int64_t count) {
    return attention_with_lse(c.q, c.k.narrow(1, from, count), c.v.narrow(1, from, count), 0.3);
  };
  auto [a, a_lse] = half(0, 31);
  auto [b, b_lse] = half(31, 59);
  auto total = at::logaddexp(a_lse, b_lse);
  auto merged = a * (a_lse - total).exp().unsqueeze(-1) + b * (b_lse - total).exp().unsqueeze(-1);
  CHECK(scaled_difference(merged, attention(c.q, c.k, c.v, 0.3)) < 1e-6);
}

TEST_CASE("A watch tells what LibTorch has called, and of what shape", "[attention]") {
  auto c = random_case(1, 8, 12, 2, 32, at::kFloat);
  attention(c.q, c.k, c.v, 0.3);  // nobody watches
  AttentionWatch watch;
  attention(c.q, c.k, c.v, 0.3);
  attention_with_lse(c.q, c.k, c.v, 0.3);
  attention(c.k, c.k, c.v, 0.3);
  REQUIRE(watch.seen().size() == 2);
  const auto& use = watch.seen()[0];
  CHECK(use.kernel == "flash");
  CHECK(use.type == "Float");
  CHECK((use.queries == 8 && use.keys == 12 && use.heads == 2 && use.head_dim == 32));
  CHECK(use.calls == 2);
  CHECK_FALSE(use.biased);
  CHECK(watch.seen()[1].queries == 12);
}

TEST_CASE("A watch tells of masks", "[attention]") {
  auto c = random_case(1, 8, 12, 2, 32, at::kFloat);
  AttentionWatch watch;
  auto heads = [](const at::Tensor& x) { return x.transpose(1, 2); };
  at::scaled_dot_product_attention(heads(c.q), heads(c.k), heads(c.v), at::zeros({8, 12}));
  REQUIRE(watch.seen().size() == 1);
  CHECK(watch.seen()[0].biased);
}

}  // namespace kinema::nn
