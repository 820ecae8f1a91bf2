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

OffloadHome offload_home_of(const Job& job, uint64_t bytes) {
  const WeightUse use{.dtype = *job.request().dtype, .on_cpu = job.on_cpu()};
  return offload_home(
      {.bytes = bytes,
       .free = job.host_memory,
       .ranks = job.predicted.rates.together(job.parallel.world_size()),
       .on_cpu = use.on_cpu,
       .converts =
           use.on_cpu && converts_weights(job.model.component("transformer"), use, is_block),
       .from_disk = job.request().offload == Offload::kDisk});
}

// Where the blocks that come and go are kept.
enum class Home { kShards, kHostShards, kHostMemory, kFiles };

Home home_of(const Job& job, uint64_t bytes) {
  if (job.parallel.hsdp_shard > 0)
    return job.request().offload == Offload::kBlock ? Home::kHostShards : Home::kShards;
  return offload_home_of(job, bytes) == OffloadHome::kHostMemory ? Home::kHostMemory : Home::kFiles;
}

std::string home_text(Home home, const StreamShape& shape) {
  if (home == Home::kHostMemory) return "host memory";
  if (home == Home::kFiles) return "the files";
  return fmt::format("{}shards of {} ranks", home == Home::kHostShards ? "host memory, " : "",
                     shape.ranks);
}

// Of one rank, for blocks of so many bytes.
uint64_t host_bytes_of(Home home, const StreamShape& shape, uint64_t bytes) {
  if (home == Home::kHostMemory) return bytes;
  return home == Home::kHostShards ? bytes / static_cast<uint64_t>(shape.ranks) : 0;
}

// Files that host memory can hold are in the system's cache, once for all ranks, after the first
// pass; others come from the disk each time.
double file_rate(const Job& job, const Surroundings& around, const StreamShape& shape) {
  const auto& rates = job.predicted.rates;
  const uint64_t all = shape.block_bytes * static_cast<uint64_t>(shape.blocks) *
                       static_cast<uint64_t>(job.parallel.tensor);
  const bool cached = around.host_memory == 0 || all <= around.host_memory;
  return cached ? rates.cache_bytes_per_second
                : std::min(rates.disk_bytes_per_second, rates.cache_bytes_per_second);
}

// Of one block.
double fetch_seconds(const Job& job,
                     const Surroundings& around,
                     const StreamShape& shape,
                     Home home) {
  const auto& rates = job.predicted.rates;
  const auto block = static_cast<double>(shape.block_bytes);
  if (home == Home::kHostMemory) return block / rates.host_bytes_per_second;
  if (home == Home::kFiles) return block / file_rate(job, around, shape);
  const double gather = gather_seconds(job.predicted.shape, job.parallel, rates);
  if (home == Home::kShards || job.on_cpu()) return gather;
  return gather + block / static_cast<double>(shape.ranks) / rates.host_bytes_per_second;
}

}  // namespace

StreamPlan planned_stream(const Job& job, const Surroundings& around) {
  StreamPlan stream;
  stream.shape = shape_of(job);
  stream.resident = job.request().resident_blocks.value_or(0);
  const uint64_t bytes = static_cast<uint64_t>(stream.units()) * stream.shape.block_bytes;
  const auto home = home_of(job, bytes);
  stream.home = home_text(home, stream.shape);
  stream.host_bytes = host_bytes_of(home, stream.shape, bytes);
  const auto& predicted = job.predicted;
  stream.times = {.compute = block_visit_seconds(predicted.shape, job.parallel, predicted.rates),
                  .fetch = fetch_seconds(job, around, stream.shape, home)};
  stream.least = stream.times;
  const double guided = predicted.shape.guided_share;
  if (guided < 1)
    stream.least.compute /= static_cast<double>(passes_here(predicted.shape, job.parallel));
  stream.exposed_seconds =
      guided * waiting_seconds(stream.shape, stream.resident, stream.times) +
      (1 - guided) * waiting_seconds(stream.shape, stream.resident, stream.least);
  return stream;
}

}  // namespace kinema::plan
