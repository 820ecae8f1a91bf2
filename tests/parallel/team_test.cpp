// A team of real processes: branches of guidance, tensors handed round, tiles collected.
#include "parallel/team.h"

#include <algorithm>
#include <map>
#include <memory>
#include <string>

#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <ATen/ops/ones.h>
#include <catch2/catch.hpp>

#include "base/error.h"
#include "comm/gloo.h"
#include "parallel/tile_team.h"
#include "support/ranks.h"

using kinema::comm::Rendezvous;
using kinema::parallel::Team;
using kinema::plan::DeviceMesh;
using kinema::plan::ParallelPlan;
using kinema::test::require;
using kinema::test::run_ranks;

namespace {

Team team_of(const ParallelPlan& plan, Rendezvous& rendezvous) {
  return Team(DeviceMesh(plan), rendezvous.rank(),
              [&](const std::string& name, const std::vector<int>& members) {
                return kinema::comm::gloo_group(rendezvous, name, members);
              });
}

// What branch `index` predicts.
at::Tensor prediction(size_t index) { return at::full({2, 3}, static_cast<double>(index) + 0.5); }

void check_branches(Team& team, size_t count) {
  std::vector<at::Tensor> mine;
  for (size_t index : team.branches(count)) mine.push_back(prediction(index));
  const auto all = team.gathered(mine, count);
  require(all.size() == count, "as many predictions as branches");
  for (size_t i = 0; i < count; ++i) require(at::equal(all[i], prediction(i)), "branches in order");
}

}  // namespace

TEST_CASE("a team of one predicts every branch itself") {
  Team team;
  CHECK(team.branches(2) == std::vector<size_t>{0, 1});
  CHECK((team.is_first() && team.denoises() && team.in_vae() && team.size() == 1));
  CHECK(team.bytes_sent().empty());
}

TEST_CASE("every rank makes groups of the same names in the same order, and each member the same") {
  ParallelPlan decoders, holders;
  decoders.cfg = 2, decoders.vae_patch = 3;
  holders.ulysses = 2, holders.hsdp_shard = 2, holders.vae_patch = 3;
  ParallelPlan few;
  few.tensor = 2, few.ring = 2, few.vae_patch = 2;
  for (const auto& plan : {decoders, holders, few}) {
    std::map<int, std::vector<std::pair<std::string, std::vector<int>>>> made;
    const DeviceMesh mesh(plan);
    for (int rank = 0; rank < mesh.world_size(); ++rank) {
      Team(mesh, rank, [&](const std::string& name, const std::vector<int>& members) {
        made[rank].emplace_back(name, members);
        return std::make_unique<kinema::comm::LocalCommunicator>(name);
      });
    }
    for (const auto& [rank, groups] : made) {
      REQUIRE(groups.size() == made[0].size());
      for (size_t i = 0; i < groups.size(); ++i) {
        CHECK(groups[i].first == made[0][i].first);
        for (int member : groups[i].second) CHECK(made[member][i].second == groups[i].second);
      }
    }
  }
}

TEST_CASE("every rank ends with all predictions, whatever the number of branches") {
  ParallelPlan plan;
  plan.cfg = GENERATE(2, 3);
  CHECK_NOTHROW(run_ranks(static_cast<int>(plan.cfg), [&](Rendezvous& rendezvous) {
    auto team = team_of(plan, rendezvous);
    for (size_t count : {1, 2, 3, 4}) check_branches(team, count);
  }));
}

TEST_CASE("ranks that only decode tiles know who speaks for a branch") {
  ParallelPlan plan;
  plan.cfg = 2;
  plan.vae_patch = 4;
  CHECK_NOTHROW(run_ranks(4, [&](Rendezvous& rendezvous) {
    auto team = team_of(plan, rendezvous);
    require(team.denoises() == (team.rank() < 2) && team.in_vae(), "roles");
    require(team.speaker(0) == 0 && team.speaker(1) == 1 && team.speaker(2) == 0, "speakers");
    const auto sent = team.rank() == 1 ? at::arange(6).view({2, 3}) : at::Tensor();
    const auto got = kinema::parallel::shared_from(team.replica(), 1, sent);
    require(at::equal(got, at::arange(6).view({2, 3})), "type, shape and values arrive");
    const auto none = kinema::parallel::shared_from(team.replica(), 0, {});
    require(!none.defined(), "nothing stays nothing");
  }));
}

TEST_CASE("every rank refuses a tensor of more dimensions than can be told") {
  ParallelPlan plan;
  plan.cfg = 2;
  CHECK_NOTHROW(run_ranks(2, [&](Rendezvous& rendezvous) {
    auto team = team_of(plan, rendezvous);
    const auto sent = team.is_first() ? at::arange(6).view({1, 1, 1, 1, 1, 2, 3}) : at::Tensor();
    std::string refused;
    try {
      kinema::parallel::shared_from(team.replica(), 0, sent);
    } catch (const kinema::Error& error) {
      refused = error.what();
    }
    require(refused.find("a tensor of 7 dimensions") != std::string::npos, "refused: " + refused);
  }));
}

TEST_CASE("tiles of several ranks reach the first in raster order") {
  const auto ranks = GENERATE(1, 2, 3, 4);
  CHECK_NOTHROW(run_ranks(ranks, [&](Rendezvous& rendezvous) {
    ParallelPlan plan;
    plan.vae_patch = ranks;
    auto team = team_of(plan, rendezvous);
    const auto grid = kinema::plan::TileGrid::for_decode(5, 7, {64, 48}, 16);
    int64_t made = 0, taken = 0;
    kinema::parallel::make_tiles(
        grid, team.vae(), 2, 3, at::TensorOptions(),
        [&](int64_t index) {
          ++made;
          const auto& tile = grid.tiles()[static_cast<size_t>(index)];
          return at::ones({1, 2, 3, tile.after_height, tile.after_width}) * index;
        },
        [&](int64_t index, const at::Tensor& tile) {
          require(index == taken++, "raster order");
          require(tile.eq(index).all().item<bool>(), "the tile that was asked for");
        });
    const auto tiles = static_cast<int64_t>(grid.tiles().size());
    require(taken == (team.is_first() ? tiles : 0), "only the first rank takes tiles");
    require(ranks == 1 ? made == tiles : made < tiles, "the work is shared");
  }));
}
