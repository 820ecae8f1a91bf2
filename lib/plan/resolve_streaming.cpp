// How many blocks stay, how many are on their way at a time, and what that is expected to cost.
#include <algorithm>

#include "base/log.h"
#include "config/options.h"
#include "plan/estimate.h"
#include "plan/residency_choices.h"
#include "plan/resolution.h"
#include "plan/stream_simulation.h"

namespace kinema::plan {
namespace {

using config::Offload;

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

// For blocks that stay. Nothing on the CPU unless it is asked for: what stayed there would take the
// very memory that it is fetched from.
uint64_t bytes_to_fill(const Resolution& r) {
  const auto& job = r.job;
  if (job.on_cpu() && !job.request().max_memory) return 0;
  return allowed_bytes(job, r.around, job.parallel);
}

void choose_resident(Resolution& r, const StreamPlan& stream) {
  const auto& shape = stream.shape;
  auto& resident = r.request().resident_blocks;
  if (resident) {
    if (*resident <= shape.blocks) return;
    r.wrong(
        fmt::format("--resident-blocks {}: the transformer has {} blocks", *resident, shape.blocks),
        fmt::format("--resident-blocks {}", shape.blocks));
    return;
  }
  const bool bounded = r.request().max_memory.has_value();
  const int64_t wanted = bounded ? shape.blocks : blocks_to_hide_all(shape, stream.least);
  resident = wanted == 0 ? 0 : std::min(wanted, most_resident(r, shape, bytes_to_fill(r)));
  r.job.settings.sources["resident_blocks"] = bounded         ? "--max-memory"
                                              : *resident > 0 ? "what hides every fetch"
                                                              : "the program";
}

// A third slot helps where a fetch is only just hidden, and one that is late would be waited for;
// and on slow links where blocks stay between those that come: it is filled while they compute.
int64_t slots_for(StreamPlan stream) {
  const auto& [compute, fetch] = stream.times;
  if (fetch <= compute) return fetch > compute * 2 / 3 ? 3 : 2;
  stream.shape.slots = 2;
  const double two = waiting_seconds(stream.shape, stream.resident, stream.times);
  stream.shape.slots = 3;
  const double three = waiting_seconds(stream.shape, stream.resident, stream.times);
  const double computing = static_cast<double>(stream.shape.blocks) * compute;
  return two - three > computing / 100 ? 3 : 2;
}

// HSDP's shards of this machine's ranks, if they are in host memory.
void require_host_memory(Resolution& r, const StreamPlan& stream) {
  const auto& job = r.job;
  if (job.parallel.hsdp_shard == 0 || job.on_cpu() || stream.shape.parts_on_device) return;
  const auto ranks = static_cast<uint64_t>(job.predicted.rates.together(job.parallel.denoising()));
  const uint64_t bytes = static_cast<uint64_t>(stream.units()) * stream.shape.block_bytes /
                         static_cast<uint64_t>(stream.shape.ranks) * ranks;
  if (r.around.host_memory == 0 || bytes <= r.around.host_memory) return;
  r.wrong(fmt::format("--use-hsdp --offload block: {} ranks' shards take {} GB of host memory, but "
                      "{} GB are free",
                      ranks, gigabytes(bytes), gigabytes(r.around.host_memory)),
          "--offload none keeps the shards on the GPUs");
}

// What the legal choices need, where the layout is known well enough to say it.
std::string alternatives(const Resolution& r, const std::string& otherwise) {
  if (!r.violations.empty()) return otherwise;
  std::string text;
  for (const auto& choice : residency_choices(r.job, r.around))
    text += (text.empty() ? "" : ", or ") + choice_text(choice);
  return text;
}

void refuse_contradictions(Resolution& r) {
  const auto& request = r.request();
  if (!request.use_hsdp) return;
  if (request.offload == Offload::kModel) {
    auto hint = alternatives(r, "--offload block keeps HSDP's shards in host memory");
    r.wrong("--offload model and --use-hsdp both decide where a block's weights are",
            std::move(hint));
  } else if (request.offload == Offload::kDisk) {
    r.wrong("--offload disk and --use-hsdp both decide where a block's weights are",
            "--offload block keeps HSDP's shards in host memory");
  } else if (r.job.parallel.hsdp_shard == 1) {
    auto hint = alternatives(r, "--hsdp-shard-size N, or --offload block");
    r.wrong("--use-hsdp with one process in a shard group shares nothing", std::move(hint));
  }
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
  refuse_contradictions(r);
  if (!r.violations.empty()) return;  // times need a layout that can be
  if (job.parallel.hsdp_shard == 0 && !in_blocks(request.offload)) return refuse_settings(r);
  const bool open = !request.resident_blocks;
  choose_resident(r, planned_stream(job, r.around));
  if (!r.violations.empty()) return;
  r.fill(request.stream_slots, "stream_slots", slots_for(planned_stream(job, r.around)),
         "the program");
  if (open && *request.stream_slots != 2) {
    request.resident_blocks.reset();
    choose_resident(r, planned_stream(job, r.around));
  }
  const auto stream = planned_stream(job, r.around);
  require_host_memory(r, stream);
  job.predicted.step.weights = stream.exposed_seconds;
  job.predicted.stream = stream;
}

}  // namespace kinema::plan
