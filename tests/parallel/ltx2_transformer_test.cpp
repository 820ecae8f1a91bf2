// LTX-2's transformer over ranks, in every layout, against one process; the sound must be the same
// on all of them to the last bit.
#include <ATen/ops/cat.h>
#include <ATen/ops/equal.h>
#include <c10/core/InferenceMode.h>
#include <catch2/catch.hpp>

#include "comm/gloo.h"
#include "models/ltx2/transformer.h"
#include "models/ltx2/transformer_case.h"
#include "parallel/block_streamer.h"
#include "parallel/stream_source.h"
#include "parallel/team.h"
#include "parallel/tensor_parallel.h"
#include "support/local_seams.h"
#include "support/ranks.h"
#include "support/tensors.h"

using namespace kinema;
using namespace kinema::parallel;
using kinema::ltx2::Streams;
using kinema::ltx2::TransformerCase;
using kinema::test::require;
using kinema::test::run_ranks;
using plan::ParallelPlan;

namespace {

constexpr int64_t kSteps = 2;
constexpr auto kKind = "fixed_own";  // the rows of tokens are cut by the ranks' borders

struct Layout {
  const char* name;
  ParallelPlan plan;
  double tolerance = 2e-6;
};

// Of all passes of all steps.
std::vector<Streams> in_one_process(TransformerCase& stored) {
  test::LocalSeams local;
  const ltx2::Transformer transformer(nn::ParamScope(stored.source), stored.config, local.seams());
  auto prepared = transformer.prepare(stored.positions(), stored.modulation(kKind), stored.texts());
  std::vector<Streams> all;
  for (int64_t step = 0; step < kSteps; ++step) {
    for (auto& x : transformer.velocity(prepared, stored.latents(), step, stored.passes())) {
      all.push_back(x);
    }
  }
  return all;
}

// Both streams in one tensor, as passes are exchanged.
at::Tensor packed(const Streams& x) { return at::cat({x.video.flatten(), x.audio.flatten()}); }

std::vector<at::Tensor> velocities(Team& team,
                                   TransformerCase& stored,
                                   weights::ParamSource& source,
                                   nn::BlockWeights& blocks,
                                   const std::function<void()>& start) {
  const ltx2::Transformer transformer(
      nn::ParamScope(source), stored.config,
      {.attend = team.attend(), .tokens = team.tokens(), .blocks = blocks, .heads = team.heads()});
  start();
  auto prepared = transformer.prepare(stored.positions(), stored.modulation(kKind), stored.texts());
  const auto passes = stored.passes();
  std::vector<at::Tensor> all;
  for (int64_t step = 0; step < kSteps; ++step) {
    std::vector<ltx2::Pass> mine;
    for (const auto index : team.branches(passes.size())) mine.push_back(passes[index]);
    std::vector<at::Tensor> predicted;
    for (const auto& x : transformer.velocity(prepared, stored.latents(), step, mine)) {
      predicted.push_back(packed(x));
    }
    for (auto& x : team.gathered(predicted, passes.size())) all.push_back(x);
  }
  return all;
}

// Forwards to a streamer that is made when the model has taken its parameters.
struct Later : nn::BlockWeights {
  std::optional<BlockStreamer> streamer;
  void enter(int64_t index) override { streamer->enter(index); }
  void leave(int64_t index) override { streamer->leave(index); }
};

std::vector<at::Tensor> over_ranks(Team& team, TransformerCase& stored) {
  weights::WeightStore store(
      checkpoint::Component::open(std::filesystem::path(KINEMA_TEST_DATA) / stored.folder),
      {at::kFloat, at::kCPU});
  TensorParallelSource cut(store, ltx2_transformer_rules(), team.tensor());
  if (team.weights() == nullptr) {
    nn::BlockWeights blocks;
    return velocities(team, stored, cut, blocks, [] {});
  }
  StreamSource streamed(store, cut, ltx2::block_prefixes(stored.config));
  Later blocks;
  return velocities(team, stored, streamed, blocks, [&] {
    const auto units = streamed.units();
    blocks.streamer.emplace(units, shard_home(units, team.weights()), at::kCPU, 2, kSteps);
  });
}

void check(comm::Rendezvous& rendezvous, const Layout& layout, const std::string& name) {
  const c10::InferenceMode mode;
  Team team(plan::DeviceMesh(layout.plan), rendezvous.rank(),
            [&](const std::string& group, const std::vector<int>& members) {
              return comm::gloo_group(rendezvous, group, members);
            });
  TransformerCase stored(name);
  team.begin(stored.video_tokens());
  const auto want = in_one_process(stored);
  const auto got = over_ranks(team, stored);
  require(got.size() == want.size(), "all passes");
  for (size_t i = 0; i < want.size(); ++i) {
    require(test::scaled_difference(got[i], packed(want[i])) <= layout.tolerance,
            name + ", " + layout.name);
    const auto sound = got[i].narrow(0, want[i].video.numel(), want[i].audio.numel());
    const auto everybody = team.replica().all_gather(sound.contiguous());
    for (const auto& other : everybody.unbind(0)) {
      require(at::equal(other, sound),
              std::string("the sound is everywhere the same: ") + layout.name);
    }
  }
}

const std::vector<Layout> kLayouts = {
    {"cfg 2", {.cfg = 2}, 0.0},
    {"cfg 4", {.cfg = 4}, 0.0},
    {"ulysses 2", {.ulysses = 2}},
    {"ulysses 4", {.ulysses = 4}},
    {"ring 2", {.ring = 2}},
    {"ring 4", {.ring = 4}},
    {"tensor 2", {.tensor = 2}},
    {"ulysses 2 x ring 2", {.ulysses = 2, .ring = 2}},
    {"tensor 2 x ulysses 2", {.tensor = 2, .ulysses = 2}},
    {"tensor 2 x ring 2", {.tensor = 2, .ring = 2}},
    {"cfg 2 x ulysses 2", {.ulysses = 2, .cfg = 2}},
    {"ulysses 2, weights sharded by 2", {.ulysses = 2, .hsdp_shard = 2}},
    {"tensor 2 x cfg 2, weights sharded by 2", {.tensor = 2, .cfg = 2, .hsdp_shard = 2}},
};

}  // namespace

TEST_CASE("every layout predicts what one process does", "[ltx2]") {
  const auto name = GENERATE("split_2_0", "split_2_3", "interleaved");
  const int64_t heads = TransformerCase(name).config.audio.num_attention_heads;
  for (const auto& layout : kLayouts) {
    if (heads % (layout.plan.tensor * layout.plan.ulysses) != 0) continue;
    CAPTURE(name, layout.name);
    const auto ranks = static_cast<int>(layout.plan.replica());
    CHECK_NOTHROW(run_ranks(ranks, [&](auto& r) { check(r, layout, name); }));
  }
}
