// Which ranks work together on what: the axes in the fixed rank order (tensor fastest, then
// Ulysses, ring, cfg, data) and the overlays for weights and VAE tiles.
#pragma once

#include <cstdint>
#include <vector>

#include "plan/parallel_plan.h"

namespace kinema::plan {

// Fastest first. kSequence is Ulysses and ring together.
enum class Axis { kTensor, kUlysses, kRing, kCfg, kData, kSequence };

using Ranks =
    std::vector<int64_t>;  // world ranks, ascending; a member's place in its group is its index

class DeviceMesh {
 public:
  explicit DeviceMesh(const ParallelPlan& plan) : plan_(plan) {}

  const ParallelPlan& plan() const { return plan_; }
  int64_t world_size() const { return plan_.world_size(); }
  // Ranks beyond the denoising ones of a replica only decode tiles: they are alone on every axis
  // but kData.
  bool denoises(int64_t rank) const { return place(rank) < plan_.denoising(); }
  // The rank's index on an axis.
  int64_t coordinate(int64_t rank, Axis axis) const;

  // The group of `rank`: always contains it.
  Ranks group(int64_t rank, Axis axis) const;
  // All ranks of the rank's replica, which serve one request together.
  Ranks replica(int64_t rank) const;
  // The ranks that decode tiles: the first vae_patch of the replica.
  Ranks vae(int64_t rank) const;
  // The ranks that hold one copy of the rank's weights together, and those that hold the same part
  // of other copies. Just the rank itself without HSDP.
  Ranks shard(int64_t rank) const;
  Ranks replicate(int64_t rank) const;

  // Every group of an axis once, in the order all ranks must make them.
  std::vector<Ranks> groups(Axis axis) const;

 private:
  int64_t place(int64_t rank) const { return rank % plan_.replica(); }
  Ranks same_slice(int64_t rank) const;

  ParallelPlan plan_;
};

}  // namespace kinema::plan
