// A feed-forward layer cut over ranks against the whole one, and what each rank reads for it.
#include "parallel/tensor_parallel.h"

#include <filesystem>

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/randn.h>
#include <catch2/catch.hpp>

#include "comm/gloo.h"
#include "nn/layers.h"
#include "support/ranks.h"
#include "support/tensors.h"

using kinema::comm::Rendezvous;
using kinema::parallel::TensorParallelSource;
using kinema::test::require;
using kinema::weights::WeightStore;

namespace {

constexpr int64_t kWidth = 64, kHidden = 96;  // of the stored checkpoint

WeightStore opened() {
  const auto folder = std::filesystem::path(KINEMA_TEST_DATA) / "hunyuan15/t2v/model/transformer";
  return WeightStore(kinema::checkpoint::Component::open(folder), {});
}

at::Tensor feed_forward(kinema::weights::ParamSource& source, const at::Tensor& x) {
  const auto scope = kinema::nn::ParamScope(source) / "transformer_blocks" / 0 / "ff";
  const kinema::nn::Linear in(scope / "net.0.proj", kWidth, kHidden);
  const kinema::nn::Linear out(scope / "net.2", kHidden, kWidth);
  return out(at::gelu(in(x), "tanh"));
}

}  // namespace

TEST_CASE("a cut layer gives the whole layer's result from a part of its bytes") {
  const auto ranks = GENERATE(2, 4);
  CHECK_NOTHROW(kinema::test::run_ranks(ranks, [&](Rendezvous& rendezvous) {
    std::vector<int> members;
    for (int rank = 0; rank < ranks; ++rank) members.push_back(rank);
    auto group = kinema::comm::gloo_group(rendezvous, "tensor", members);
    auto whole_store = opened(), cut_store = opened();
    TensorParallelSource cut(cut_store, kinema::parallel::hunyuan15_transformer_rules(), *group);
    const auto x = at::randn({1, 7, kWidth}, at::detail::createCPUGenerator(3));
    const auto want = feed_forward(whole_store, x), got = feed_forward(cut, x);
    require(kinema::test::scaled_difference(got, want) < 1e-5, "the sum of the parts");
    // Weights and the first bias are cut; the second bias, added once, is whole.
    const uint64_t cut_bytes = 4 * (2 * kWidth * kHidden + kHidden) / static_cast<uint64_t>(ranks);
    require(cut_store.bytes_read() == cut_bytes + 4 * kWidth, "bytes read");
  }));
}

TEST_CASE("layers that no rule names stay whole and need no sum") {
  CHECK_NOTHROW(kinema::test::run_ranks(2, [](Rendezvous& rendezvous) {
    auto group = kinema::comm::gloo_group(rendezvous, "tensor", {0, 1});
    auto store = opened();
    TensorParallelSource cut(store, kinema::parallel::hunyuan15_transformer_rules(), *group);
    require(!cut.after("x_embedder.proj.weight"), "the patch embedding is not summed");
    require(!cut.after("transformer_blocks.0.attn.to_q.weight"), "nor are columns");
    require(static_cast<bool>(cut.after("transformer_blocks.0.attn.to_out.0.weight")), "rows are");
    require(cut.take("cond_type_embed.weight", {3, kWidth}).size(1) == kWidth, "whole");
  }));
}
