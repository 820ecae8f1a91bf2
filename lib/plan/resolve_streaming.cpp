// How many blocks stay, how many are on their way at a time, and what that is expected to cost.
#include <algorithm>

#include "base/log.h"
#include "config/options.h"
#include "plan/estimate.h"
#include "plan/memory_weights.h"
#include "plan/resolution.h"

namespace kinema::plan {
namespace {

using config::Offload;

bool is_block(const std::string& name) { return name.starts_with("transformer_blocks."); }

bool on_cpu(const Job& job) { return job.request().device.kind == config::Device::Kind::kCpu; }

StreamShape shape_of(const Job& job) {
  const bool sharded = job.parallel.hsdp_shard > 0;
  // On the CPU host memory is the device's.
  const bool on_device = on_cpu(job) || job.request().offload != Offload::kBlock;
  const auto& denoiser = job.predicted.shape;
  return {.blocks = denoiser.blocks,
          .block_bytes = denoiser.block_bytes / static_cast<uint64_t>(job.parallel.tensor),
          .ranks = std::max<int64_t>(1, job.parallel.hsdp_shard),
          .slots = job.request().stream_slots.value_or(2),
          .parts_on_device = sharded && on_device};
}

OffloadHome offload_home_of(const Job& job, const Surroundings& around, uint64_t bytes) {
  const WeightUse use{.dtype = *job.request().dtype, .on_cpu = on_cpu(job)};
  return offload_home(
      {.bytes = bytes,
       .free = around.host_memory,
       .on_cpu = use.on_cpu,
       .converts =
           use.on_cpu && converts_weights(job.model.component("transformer"), use, is_block)});
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
    if (on_cpu(job) || job.request().offload != Offload::kBlock) return gather;
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

uint64_t denoising_bytes(Resolution& r, int64_t resident) {
  r.request().resident_blocks = resident;
  for (const auto& stage :
       estimated_memory(r.job, r.job.parallel, config::VaeTiling::kOff).stages) {
    if (stage.stage == "denoise") return needed_bytes(r.job, stage);
  }
  return 0;
}

// The most that fit: guessed from the model's shape, then confirmed by the estimate.
int64_t most_resident(Resolution& r, const StreamShape& shape, uint64_t allowed) {
  const uint64_t without = denoising_bytes(r, 0) - stream_bytes(shape, 0);
  const uint64_t budget = allowed > without ? allowed - without : 0;
  int64_t resident = std::min(shape.blocks, affordable_blocks(shape, budget) + 1);
  while (resident > 0 && denoising_bytes(r, resident) > allowed) --resident;
  return resident;
}

void choose_resident(Resolution& r, const StreamShape& shape) {
  auto& resident = r.request().resident_blocks;
  if (resident) {
    if (*resident <= shape.blocks) return;
    r.wrong(
        fmt::format("--resident-blocks {}: the transformer has {} blocks", *resident, shape.blocks),
        fmt::format("--resident-blocks {}", shape.blocks));
    return;
  }
  const bool bounded = r.request().max_memory.has_value();
  const uint64_t allowed = allowed_bytes(r.job, r.around, r.job.parallel);
  resident = bounded ? most_resident(r, shape, allowed) : 0;
  r.job.settings.sources["resident_blocks"] = bounded ? "--max-memory" : "the program";
}

// A third slot helps where a fetch is only just hidden, and one that is late would be waited for.
int64_t slots_for(const StreamTimes& times) {
  return times.fetch <= times.compute && times.fetch > times.compute * 2 / 3 ? 3 : 2;
}

// HSDP's shards of this machine's ranks, if they are in host memory.
void require_host_memory(Resolution& r, const StreamPlan& stream) {
  const auto& job = r.job;
  if (job.parallel.hsdp_shard == 0 || on_cpu(job) || stream.shape.parts_on_device) return;
  const int64_t all = job.parallel.denoising(), near = job.predicted.rates.ranks_per_machine;
  const auto ranks = static_cast<uint64_t>(near == 0 ? all : std::min(all, near));
  const uint64_t bytes = static_cast<uint64_t>(stream.units()) * stream.shape.block_bytes /
                         static_cast<uint64_t>(stream.shape.ranks) * ranks;
  if (r.around.host_memory == 0 || bytes <= r.around.host_memory) return;
  r.wrong(fmt::format("--use-hsdp --offload block: {} ranks' shards take {} GB of host memory, but "
                      "{} GB are free",
                      ranks, gigabytes(bytes), gigabytes(r.around.host_memory)),
          "--offload none keeps the shards on the GPUs");
}

void refuse_settings(Resolution& r) {
  for (const char* key : {"resident_blocks", "stream_slots"}) {
    if (!r.given(key)) continue;
    r.wrong(fmt::format("{}{} is about blocks that come and go, but all of them stay",
                        config::option(key).flag(), r.from(key)),
            "--offload block or --use-hsdp");
  }
}

}  // namespace

void resolve_streaming(Resolution& r) {
  auto& request = r.request();
  auto& job = r.job;
  if (job.parallel.hsdp_shard == 0 && request.offload != Offload::kBlock) return refuse_settings(r);
  r.fill(request.stream_slots, "stream_slots", slots_for(times_of(job, r.around, shape_of(job))),
         "the program");
  StreamPlan stream;
  stream.shape = shape_of(job);
  stream.times = times_of(job, r.around, stream.shape);
  choose_resident(r, stream.shape);
  if (!r.violations.empty()) return;
  stream.resident = *request.resident_blocks;
  const uint64_t bytes = static_cast<uint64_t>(stream.units()) * stream.shape.block_bytes;
  stream.home = home_of(job, r.around, bytes);
  stream.exposed_seconds = exposed_seconds(stream.shape, stream.resident, stream.times);
  require_host_memory(r, stream);
  job.predicted.step.weights = stream.exposed_seconds;
  job.predicted.stream = stream;
}

}  // namespace kinema::plan
