// Pure arithmetic on rank = tensor + T*(ulysses + U*(ring + R*cfg)) + replica*data.
#include "plan/device_mesh.h"

#include <algorithm>

namespace kinema::plan {
namespace {

// An axis among the denoising ranks of a replica: `size` ranks, `stride` apart.
struct Extent {
  int64_t stride, size;
};

Extent extent(const ParallelPlan& plan, Axis axis) {
  switch (axis) {
    case Axis::kTensor:
      return {1, plan.tensor};
    case Axis::kUlysses:
      return {plan.tensor, plan.ulysses};
    case Axis::kRing:
      return {plan.tensor * plan.ulysses, plan.ring};
    case Axis::kSequence:
      return {plan.tensor, plan.ulysses * plan.ring};
    case Axis::kCfg:
      return {plan.tensor * plan.ulysses * plan.ring, plan.cfg};
    case Axis::kData:
      return {plan.replica(), plan.data};
  }
  return {1, 1};
}

Ranks run(int64_t first, int64_t stride, int64_t count) {
  Ranks ranks;
  for (int64_t i = 0; i < count; ++i) ranks.push_back(first + i * stride);
  return ranks;
}

}  // namespace

int64_t DeviceMesh::coordinate(int64_t rank, Axis axis) const {
  if (axis == Axis::kData) return rank / plan_.replica();
  if (!denoises(rank)) return 0;
  const auto [stride, size] = extent(plan_, axis);
  return place(rank) / stride % size;
}

Ranks DeviceMesh::group(int64_t rank, Axis axis) const {
  if (axis != Axis::kData && !denoises(rank)) return {rank};
  const auto [stride, size] = extent(plan_, axis);
  return run(rank - coordinate(rank, axis) * stride, stride, size);
}

Ranks DeviceMesh::replica(int64_t rank) const {
  return run(rank - place(rank), 1, plan_.replica());
}

Ranks DeviceMesh::vae(int64_t rank) const { return run(rank - place(rank), 1, plan_.vae_patch); }

// All denoising ranks whose tensor coordinate is the rank's: they need the same bytes of the
// transformer.
Ranks DeviceMesh::same_slice(int64_t rank) const {
  Ranks ranks;
  for (int64_t other = 0; other < world_size(); ++other) {
    if (denoises(other) && coordinate(other, Axis::kTensor) == coordinate(rank, Axis::kTensor))
      ranks.push_back(other);
  }
  return ranks;
}

Ranks DeviceMesh::shard(int64_t rank) const {
  if (plan_.hsdp_shard == 0 || !denoises(rank)) return {rank};
  const auto same = same_slice(rank);
  const auto at = std::find(same.begin(), same.end(), rank) - same.begin();
  const auto first = same.begin() + at / plan_.hsdp_shard * plan_.hsdp_shard;
  return {first, first + plan_.hsdp_shard};
}

Ranks DeviceMesh::replicate(int64_t rank) const {
  if (plan_.hsdp_shard == 0 || !denoises(rank)) return {rank};
  const auto same = same_slice(rank);
  const auto at = std::find(same.begin(), same.end(), rank) - same.begin();
  Ranks ranks;
  for (auto i = at % plan_.hsdp_shard; i < static_cast<int64_t>(same.size()); i += plan_.hsdp_shard)
    ranks.push_back(same[i]);
  return ranks;
}

std::vector<Ranks> DeviceMesh::groups(Axis axis) const {
  std::vector<Ranks> all;
  for (int64_t rank = 0; rank < world_size(); ++rank) {
    auto members = group(rank, axis);
    if (members.front() == rank) all.push_back(std::move(members));
  }
  return all;
}

}  // namespace kinema::plan
