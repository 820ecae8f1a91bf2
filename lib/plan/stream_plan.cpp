// Shapes from the cost model, homes from where memory is.
#include "plan/stream_plan.h"

#include <algorithm>

#include "base/log.h"
#include "plan/job.h"
#include "plan/memory_weights.h"
#include "plan/stream_simulation.h"

namespace kinema::plan {
namespace {

using config::Offload;

bool is_block(const std::string& name) { return name.starts_with("transformer_blocks."); }

StreamShape shape_of(const Job& job) {
  const bool sharded = job.parallel.hsdp_shard > 0;
  // On the CPU host memory is the device's.
  const bool on_device = job.on_cpu() || job.request().offload != Offload::kBlock;
  const auto& denoiser = job.predicted.shape;
  return {.blocks = denoiser.blocks,
          .block_bytes = denoiser.block_bytes / static_cast<uint64_t>(job.parallel.tensor),
          .ranks = std::max<int64_t>(1, job.parallel.hsdp_shard),
          .slots = job.request().stream_slots.value_or(2),
          .parts_on_device = sharded && on_device};
}

OffloadHome offload_home_of(const Job& job, const Surroundings& around, uint64_t bytes) {
  const WeightUse use{.dtype = *job.request().dtype, .on_cpu = job.on_cpu()};
  return offload_home(
      {.bytes = bytes,
       .free = around.host_memory,
       .ranks = job.predicted.rates.together(job.parallel.world_size()),
       .on_cpu = use.on_cpu,
       .converts =
           use.on_cpu && converts_weights(job.model.component("transformer"), use, is_block),
       .from_disk = job.request().offload == Offload::kDisk});
}

std::string home_of(const Job& job, const Surroundings& around, uint64_t bytes) {
  if (job.parallel.hsdp_shard > 0) {
    return fmt::format("{}shards of {} ranks",
                       job.request().offload == Offload::kBlock ? "host memory, " : "",
                       job.parallel.hsdp_shard);
  }
  const auto home = offload_home_of(job, around, bytes);
  return home == OffloadHome::kHostMemory ? "host memory" : "the files";
}

// Of one block. Files that host memory could not hold come from the disk each time.
double fetch_seconds(const Job& job, const Surroundings& around, const StreamShape& shape) {
  const auto& rates = job.predicted.rates;
  const auto block = static_cast<double>(shape.block_bytes);
  if (job.parallel.hsdp_shard > 0) {
    const double gather = gather_seconds(job.predicted.shape, job.parallel, rates);
    if (job.on_cpu() || job.request().offload != Offload::kBlock) return gather;
    return gather + block / static_cast<double>(shape.ranks) / rates.host_bytes_per_second;
  }
  const uint64_t all = shape.block_bytes * static_cast<uint64_t>(shape.blocks);
  const bool from_disk = around.host_memory > 0 && all > around.host_memory;
  return block / (from_disk ? std::min(rates.disk_bytes_per_second, rates.host_bytes_per_second)
                            : rates.host_bytes_per_second);
}

StreamTimes times_of(const Job& job, const Surroundings& around, const StreamShape& shape) {
  const auto& predicted = job.predicted;
  return {.compute = block_visit_seconds(predicted.shape, job.parallel, predicted.rates),
          .fetch = fetch_seconds(job, around, shape)};
}

}  // namespace

StreamPlan planned_stream(const Job& job, const Surroundings& around) {
  StreamPlan stream;
  stream.shape = shape_of(job);
  stream.times = times_of(job, around, stream.shape);
  stream.resident = job.request().resident_blocks.value_or(0);
  const uint64_t bytes = static_cast<uint64_t>(stream.units()) * stream.shape.block_bytes;
  stream.home = home_of(job, around, bytes);
  stream.exposed_seconds = waiting_seconds(stream.shape, stream.resident, stream.times);
  return stream;
}

}  // namespace kinema::plan
