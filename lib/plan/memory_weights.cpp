// Sums over headers, and where streamed blocks are.
#include "plan/memory_weights.h"

#include <algorithm>

#include "plan/residency.h"

namespace kinema::plan {
namespace {

checkpoint::Dtype stored(config::Dtype dtype) {
  return dtype == config::Dtype::kFloat32 ? checkpoint::Dtype::kF32 : checkpoint::Dtype::kBF16;
}

}  // namespace

Weights& Weights::operator+=(const Weights& other) {
  bytes += other.bytes;
  mapped += other.mapped;
  read += other.read;
  return *this;
}

Weights Weights::operator/(int64_t parts) const {
  const auto share = static_cast<uint64_t>(parts);
  return {bytes / share, mapped / share, read / share};
}

uint64_t element_bytes(config::Dtype dtype) { return dtype == config::Dtype::kFloat32 ? 4 : 2; }

Weights needed_weights(const ComponentFacts& component,
                       const WeightUse& use,
                       const Needed& needed) {
  Weights total;
  const auto opened = checkpoint::Component::open(component.weights);
  for (const auto& [name, tensor] : opened.tensors()) {
    if (!needed(name)) continue;
    const uint64_t bytes = tensor.entry.elements() * element_bytes(use.dtype);
    total.bytes += bytes;
    total.read += tensor.entry.bytes;
    // What a LoRA file changes is a copy.
    const bool as_stored = !component.adapters.contains(name);
    if (use.on_cpu && as_stored && tensor.entry.dtype == stored(use.dtype)) total.mapped += bytes;
  }
  return total;
}

bool converts_weights(const ComponentFacts& component, const WeightUse& use, const Needed& needed) {
  const auto opened = checkpoint::Component::open(component.weights);
  return std::any_of(opened.tensors().begin(), opened.tensors().end(), [&](const auto& named) {
    return needed(named.first) && (named.second.entry.dtype != stored(use.dtype) ||
                                   component.adapters.contains(named.first));
  });
}

Weights placed(const Weights& blocks, int64_t count, const WeightUse& use, int64_t resident) {
  if (!use.streams() || count == 0) return blocks;
  const bool sharded = use.parallel.hsdp_shard > 0;
  // On the CPU host memory is the device's.
  const bool on_device = use.on_cpu || use.offload != config::Offload::kBlock;
  const StreamShape shape{.blocks = count,
                          .block_bytes = blocks.bytes / static_cast<uint64_t>(count),
                          .ranks = std::max<int64_t>(1, use.parallel.hsdp_shard),
                          .slots = use.slots,
                          .parts_on_device = sharded && on_device};
  const int64_t whole = std::min(resident, count);
  // A rank reads its parts and the blocks that stay; on the CPU these are used in the files' map.
  const auto streamed = static_cast<double>(count - whole) / static_cast<double>(count);
  const auto part = [](uint64_t bytes, double share) {
    return static_cast<uint64_t>(share * static_cast<double>(bytes));
  };
  Weights there{stream_bytes(shape, whole), part(blocks.mapped, 1 - streamed),
                part(blocks.read, 1 - streamed + streamed / static_cast<double>(shape.ranks))};
  // On the CPU host memory is this memory too; what comes from the files leaves nothing behind.
  const OffloadCase home{.bytes = part(blocks.bytes, streamed),
                         .free = use.host_memory,
                         .ranks = use.machine_ranks,
                         .on_cpu = use.on_cpu,
                         .converts = use.on_cpu && blocks.mapped < blocks.bytes,
                         .from_disk = use.offload == config::Offload::kDisk};
  if (!sharded && use.on_cpu && offload_home(home) == OffloadHome::kHostMemory)
    there.bytes += home.bytes;
  return there;
}

}  // namespace kinema::plan
