// A whole transformer with streamed blocks gives the velocities of the same layout without, to the
// bit.
#include <ATen/ops/equal.h>
#include <c10/core/InferenceMode.h>
#include <catch2/catch.hpp>

#include "comm/gloo.h"
#include "models/hunyuan15/transformer.h"
#include "models/hunyuan15/transformer_case.h"
#include "parallel/block_streamer.h"
#include "parallel/stream_source.h"
#include "parallel/team.h"
#include "plan/residency.h"
#include "support/ranks.h"

using namespace kinema;
using namespace kinema::parallel;
using kinema::test::require;
using kinema::test::run_ranks;
using plan::ParallelPlan;

namespace {

constexpr int64_t kSteps = 3;

enum class Home { kShards, kHost, kFiles };

struct Layout {
  const char* name;
  ParallelPlan plan;
  Home home;
  int64_t resident = 0;
  int slots = 2;
};

class Network {
 public:
  Network(Team& team, hunyuan15::TransformerCase& stored)
      : team_(team),
        stored_(stored),
        store_(checkpoint::Component::open(std::filesystem::path(KINEMA_TEST_DATA) /
                                           "hunyuan15/t2v/model/transformer"),
               {at::kFloat, at::kCPU}),
        cut_(store_, hunyuan15_transformer_rules(), team.tensor()) {}

  // Velocities of both branches in each of the steps.
  std::vector<at::Tensor> velocities(weights::ParamSource& source, nn::BlockWeights& blocks) {
    const hunyuan15::Transformer transformer(nn::ParamScope(source), stored_.config,
                                             {team_.attend(), team_.tokens(), blocks});
    return run(transformer);
  }
  std::vector<at::Tensor> whole() {
    nn::BlockWeights blocks;
    return velocities(cut_, blocks);
  }
  std::vector<at::Tensor> streamed(const Layout& layout);

 private:
  // Forwards to a streamer that is made when the model has taken its parameters.
  struct Later : nn::BlockWeights {
    std::optional<BlockStreamer> streamer;
    std::vector<int64_t> resident;
    bool stays(int64_t index) const {
      return std::find(resident.begin(), resident.end(), index) != resident.end();
    }
    void enter(int64_t index) override {
      if (!stays(index)) streamer->enter(index);
    }
    void leave(int64_t index) override {
      if (!stays(index)) streamer->leave(index);
    }
  };

  std::vector<at::Tensor> run(const hunyuan15::Transformer& transformer) {
    const auto& latents = stored_.at("latents_initial");
    auto prepared =
        transformer.prepare(latents.sizes(),
                            std::make_shared<hunyuan15::ModulationTable>(
                                nn::ParamScope(cut_), stored_.config, stored_.at("timesteps")),
                            stored_.conditions());
    std::vector<at::Tensor> all;
    for (int64_t step = 0; step < kSteps; ++step) {
      auto mine = transformer.velocity(prepared, latents, step, team_.branches(2));
      for (auto& velocity : team_.gathered(mine, 2)) all.push_back(velocity);
    }
    return all;
  }

  Team& team_;
  hunyuan15::TransformerCase& stored_;
  weights::WeightStore store_;
  TensorParallelSource cut_;
};

std::unique_ptr<BlockHome> home_of(Home where, const StreamUnits& units, const Team& team) {
  if (where == Home::kShards) return shard_home(units, team.weights());
  return where == Home::kHost ? host_home(units) : file_home(units, at::kCPU);
}

std::vector<at::Tensor> Network::streamed(const Layout& layout) {
  const int64_t layers = stored_.config.num_layers;
  Later blocks;
  blocks.resident = plan::resident_blocks(layers, layout.resident);
  StreamSource source(store_, cut_, hunyuan15::block_prefixes(stored_.config), blocks.resident);
  const hunyuan15::Transformer transformer(nn::ParamScope(source), stored_.config,
                                           {team_.attend(), team_.tokens(), blocks});
  const auto units = source.units();
  const int64_t streamed = layers - layout.resident;
  require(units->size() == static_cast<size_t>(streamed),
          "a unit for each block that does not stay");
  blocks.streamer.emplace(units, home_of(layout.home, units, team_), at::kCPU, layout.slots,
                          kSteps);
  auto all = run(transformer);
  // Once a step, however many branches a rank predicts.
  require(blocks.streamer->counts().fetches == kSteps * streamed, "fetches");
  return all;
}

void check(comm::Rendezvous& rendezvous, const Layout& layout) {
  const c10::InferenceMode mode;
  Team team(plan::DeviceMesh(layout.plan), rendezvous.rank(),
            [&](const std::string& name, const std::vector<int>& members) {
              return comm::gloo_group(rendezvous, name, members);
            });
  hunyuan15::TransformerCase stored("t2v");
  const auto sizes = stored.at("latents_initial").sizes();
  team.begin(sizes[2] * sizes[3] * sizes[4]);
  Network network(team, stored);
  const auto want = network.whole();
  const auto got = network.streamed(layout);
  for (size_t i = 0; i < want.size(); ++i) require(at::equal(got[i], want[i]), layout.name);
}

ParallelPlan sharded(ParallelPlan plan, int64_t shard, int64_t replicate = 1) {
  plan.hsdp_shard = shard;
  plan.hsdp_replicate = replicate;
  return plan;
}

void check_all(const std::vector<Layout>& layouts) {
  for (const auto& layout : layouts) {
    INFO(layout.name << ", " << layout.resident << " stay, " << layout.slots << " slots");
    CHECK_NOTHROW(run_ranks(static_cast<int>(layout.plan.world_size()),
                            [&](comm::Rendezvous& rendezvous) { check(rendezvous, layout); }));
  }
}

}  // namespace

TEST_CASE("streamed blocks change no bit of any layout") {
  const ParallelPlan one, u2{.ulysses = 2}, u4{.ulysses = 4}, c2{.cfg = 2};
  const ParallelPlan c2u2{.ulysses = 2, .cfg = 2}, t2u2{.tensor = 2, .ulysses = 2};
  const std::vector<Layout> layouts = {
      {"host memory", one, Home::kHost},
      {"files", one, Home::kFiles},
      {"files, cfg 2", c2, Home::kFiles},
      {"shard 1", sharded(one, 1), Home::kShards},
      {"shard 2, cfg 2", sharded(c2, 2), Home::kShards},
      {"shard 2, ulysses 2", sharded(u2, 2), Home::kShards},
      {"shard 4, ulysses 4", sharded(u4, 4), Home::kShards},
      {"shard 4, cfg 2 x ulysses 2", sharded(c2u2, 4), Home::kShards},
      {"replicate 2 x shard 2", sharded(c2u2, 2, 2), Home::kShards},
      {"shard 2, tensor 2 x ulysses 2", sharded(t2u2, 2), Home::kShards},
  };
  check_all(layouts);
}

TEST_CASE("any number of blocks may stay, in any number of slots") {
  const ParallelPlan one;
  const auto pair = sharded({.cfg = 2}, 2);
  std::vector<Layout> layouts;
  const int64_t layers = hunyuan15::TransformerCase("t2v").config.num_layers;
  for (int64_t resident = 0; resident <= layers; ++resident) {
    layouts.push_back({"files", one, Home::kFiles, resident, 2});
    layouts.push_back({"host memory", one, Home::kHost, resident, 3});
  }
  layouts.push_back({"shard 2, cfg 2", pair, Home::kShards, 1, 3});
  layouts.push_back({"shard 2, cfg 2", pair, Home::kShards, layers - 1, 2});
  layouts.push_back({"shard 2, cfg 2", pair, Home::kShards, layers, 2});
  check_all(layouts);
}
