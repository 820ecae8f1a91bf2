// Groups are right for every factorization of up to 64 ranks.
#include "plan/device_mesh.h"

#include <algorithm>
#include <functional>
#include <set>

#include <catch2/catch.hpp>

using namespace kinema::plan;

namespace {

constexpr Axis kAxes[] = {Axis::kTensor, Axis::kUlysses, Axis::kRing, Axis::kCfg, Axis::kData};

// Every way to write a number up to 64 as tensor * ulysses * ring * cfg * data.
std::vector<ParallelPlan> all_plans() {
  std::vector<ParallelPlan> plans;
  for (int64_t t = 1; t <= 64; ++t) {
    for (int64_t u = 1; t * u <= 64; ++u) {
      for (int64_t r = 1; t * u * r <= 64; ++r) {
        for (int64_t c = 1; t * u * r * c <= 64 && c <= 3; ++c) {
          for (int64_t d = 1; t * u * r * c * d <= 64; ++d) {
            ParallelPlan plan;
            plan.tensor = t, plan.ulysses = u, plan.ring = r, plan.cfg = c, plan.data = d;
            plans.push_back(plan);
          }
        }
      }
    }
  }
  return plans;
}

int64_t degree(const ParallelPlan& plan, Axis axis) {
  switch (axis) {
    case Axis::kTensor:
      return plan.tensor;
    case Axis::kUlysses:
      return plan.ulysses;
    case Axis::kRing:
      return plan.ring;
    case Axis::kCfg:
      return plan.cfg;
    case Axis::kData:
      return plan.data;
    case Axis::kSequence:
      return plan.ulysses * plan.ring;
  }
  return 0;
}

// Counted by hand, so that thousands of comparisons do not become thousands of assertions.
struct Faults {
  int count = 0;
  void expect(bool right) { count += right ? 0 : 1; }
};

void check_axis(const DeviceMesh& mesh, Axis axis, Faults& faults) {
  std::vector<int> seen(static_cast<size_t>(mesh.world_size()));
  for (const auto& group : mesh.groups(axis)) {
    for (size_t i = 0; i < group.size(); ++i) {
      ++seen[static_cast<size_t>(group[i])];
      // Every member sees the same group, and its coordinate is its place in it.
      faults.expect(mesh.group(group[i], axis) == group);
      faults.expect(mesh.coordinate(group[i], axis) == static_cast<int64_t>(i));
    }
    faults.expect(static_cast<int64_t>(group.size()) == degree(mesh.plan(), axis) ||
                  !mesh.denoises(group[0]));
    faults.expect(std::is_sorted(group.begin(), group.end()));
  }
  // The groups of an axis are a partition of the world.
  faults.expect(std::all_of(seen.begin(), seen.end(), [](int times) { return times == 1; }));
}

}  // namespace

TEST_CASE("the groups of every axis are a partition with the right sizes") {
  Faults faults;
  for (const auto& plan : all_plans()) {
    const DeviceMesh mesh(plan);
    for (auto axis : kAxes) check_axis(mesh, axis, faults);
    check_axis(mesh, Axis::kSequence, faults);
  }
  CHECK(faults.count == 0);
}

TEST_CASE("ranks are numbered tensor, ulysses, ring, cfg, data, fastest first") {
  Faults faults;
  for (const auto& plan : all_plans()) {
    const DeviceMesh mesh(plan);
    for (int64_t rank = 0; rank < mesh.world_size(); ++rank) {
      int64_t rebuilt = 0, stride = 1;
      for (auto axis : kAxes) {
        rebuilt += stride * mesh.coordinate(rank, axis);
        stride *= degree(plan, axis);
      }
      faults.expect(rebuilt == rank);
    }
  }
  CHECK(faults.count == 0);
}

TEST_CASE("two axes meet in one rank") {
  ParallelPlan plan;
  plan.tensor = 2, plan.ulysses = 3, plan.ring = 2, plan.cfg = 2, plan.data = 2;
  const DeviceMesh mesh(plan);
  for (int64_t rank = 0; rank < mesh.world_size(); ++rank) {
    for (auto a : kAxes) {
      for (auto b : kAxes) {
        if (a == b) continue;
        Ranks both;
        const auto left = mesh.group(rank, a), right = mesh.group(rank, b);
        std::set_intersection(left.begin(), left.end(), right.begin(), right.end(),
                              std::back_inserter(both));
        CHECK(both == Ranks{rank});
      }
    }
  }
}

TEST_CASE("an example written out: cfg 2 x ulysses 2 x tensor 2") {
  ParallelPlan plan;
  plan.tensor = 2, plan.ulysses = 2, plan.cfg = 2, plan.vae_patch = 4;
  const DeviceMesh mesh(plan);
  CHECK(mesh.groups(Axis::kTensor) == std::vector<Ranks>{{0, 1}, {2, 3}, {4, 5}, {6, 7}});
  CHECK(mesh.groups(Axis::kUlysses) == std::vector<Ranks>{{0, 2}, {1, 3}, {4, 6}, {5, 7}});
  CHECK(mesh.groups(Axis::kCfg) == std::vector<Ranks>{{0, 4}, {1, 5}, {2, 6}, {3, 7}});
  CHECK(mesh.vae(5) == Ranks{0, 1, 2, 3});
}

TEST_CASE("HSDP groups: shards are consecutive ranks of one tensor coordinate") {
  ParallelPlan plan;
  plan.tensor = 2, plan.ulysses = 4, plan.hsdp_shard = 2, plan.hsdp_replicate = 2;
  const DeviceMesh mesh(plan);
  CHECK(mesh.shard(0) == Ranks{0, 2});
  CHECK(mesh.shard(5) == Ranks{5, 7});
  CHECK(mesh.replicate(0) == Ranks{0, 4});
  CHECK(mesh.replicate(7) == Ranks{3, 7});
  plan.hsdp_shard = 0;
  CHECK(DeviceMesh(plan).shard(3) == Ranks{3});
}

TEST_CASE("HSDP groups are partitions whose product is the denoising world") {
  Faults faults;
  for (auto plan : all_plans()) {
    const int64_t same = plan.denoising() * plan.data / plan.tensor;
    for (auto shard : divisors(same)) {
      plan.hsdp_shard = shard, plan.hsdp_replicate = same / shard;
      const DeviceMesh mesh(plan);
      for (int64_t rank = 0; rank < mesh.world_size(); ++rank) {
        const auto in = mesh.shard(rank), across = mesh.replicate(rank);
        faults.expect(static_cast<int64_t>(in.size()) == shard);
        faults.expect(static_cast<int64_t>(across.size()) == plan.hsdp_replicate);
        faults.expect(std::count(in.begin(), in.end(), rank) == 1 &&
                      std::count(across.begin(), across.end(), rank) == 1);
        for (auto other : in)
          faults.expect(mesh.coordinate(other, Axis::kTensor) ==
                        mesh.coordinate(rank, Axis::kTensor));
      }
    }
  }
  CHECK(faults.count == 0);
}

TEST_CASE("a VAE group larger than the denoising ranks adds ranks that only decode") {
  ParallelPlan plan;
  plan.cfg = 2, plan.vae_patch = 3, plan.data = 2;
  const DeviceMesh mesh(plan);
  CHECK(mesh.world_size() == 6);
  CHECK_FALSE(mesh.denoises(2));
  CHECK(mesh.denoises(4));
  CHECK(mesh.vae(4) == Ranks{3, 4, 5});
  CHECK(mesh.group(5, Axis::kCfg) == Ranks{5});
  CHECK(mesh.group(3, Axis::kCfg) == Ranks{3, 4});
  CHECK(mesh.group(2, Axis::kData) == Ranks{2, 5});
}
