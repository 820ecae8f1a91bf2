// The job's own plan with other flags.
#include "plan/residency_choices.h"

#include <algorithm>

#include "base/log.h"
#include "plan/estimate.h"
#include "plan/time_report.h"

namespace kinema::plan {
namespace {

using config::Offload;

bool streams(const Job& job) {
  return job.parallel.hsdp_shard > 0 || in_blocks(job.request().offload);
}

// Decoding has remedies of its own, which no home of the weights changes.
uint64_t largest(const Job& job, const MemoryPlan& memory) {
  uint64_t most = 0;
  for (const auto& stage : memory.stages) {
    if (stage.stage != "decode" && stage.stage != "decode_audio")
      most = std::max(most, needed_bytes(job, stage));
  }
  return most;
}

ResidencyChoice choice_of(const Job& job, const Surroundings& around, std::string flags) {
  ResidencyChoice choice;
  choice.flags = std::move(flags);
  Job bare = job;  // what is loaded ahead would blur what weights need
  bare.settings.request.load_ahead = config::LoadAhead::kNone;
  choice.memory = estimated_memory(bare, job.parallel, job.request().vae_tiling);
  choice.needed = largest(job, choice.memory);
  if (streams(job)) {
    const auto stream = planned_stream(job, around);
    choice.home = stream.home;
    choice.exposed_seconds = stream.exposed_seconds;
  }
  return choice;
}

// The job with other flags; the blocks that stay and the slots are its own's.
Job with(const Job& job, Offload offload, int64_t shard, int64_t replicate) {
  Job other = job;
  auto& request = other.settings.request;
  request.offload = offload;
  request.use_hsdp = shard > 0;
  request.resident_blocks = 0;
  request.stream_slots.reset();
  other.parallel.hsdp_shard = shard;
  other.parallel.hsdp_replicate = replicate;
  return other;
}

bool same(const Job& one, const Job& other) {
  return one.request().offload == other.request().offload &&
         one.parallel.hsdp_shard == other.parallel.hsdp_shard;
}

std::string hsdp_flags(int64_t shard, int64_t replicate) {
  auto flags = fmt::format("--use-hsdp --hsdp-shard-size {}", shard);
  if (replicate > 1) flags += fmt::format(" --hsdp-replicate-size {}", replicate);
  return flags;
}

}  // namespace

std::vector<ResidencyChoice> residency_choices(const Job& job, const Surroundings& around) {
  std::vector<ResidencyChoice> choices;
  const auto add = [&](std::string flags, const Job& other) {
    const bool own = same(job, other);
    choices.push_back(choice_of(own ? job : other, around, std::move(flags)));
    choices.back().own = own;
  };
  add("--offload none", with(job, Offload::kNone, 0, 1));
  const int64_t group = job.parallel.denoising() / job.parallel.tensor;
  for (const auto shard : divisors(group)) {
    if (shard == 1) continue;
    const int64_t replicate = group / shard;
    add(hsdp_flags(shard, replicate), with(job, Offload::kNone, shard, replicate));
  }
  add("--offload block", with(job, Offload::kBlock, 0, 1));
  if (choices.back().home != "the files" || job.request().offload == Offload::kDisk)
    add("--offload disk", with(job, Offload::kDisk, 0, 1));
  if (group > 1) {
    add(hsdp_flags(group, 1) + " --offload block", with(job, Offload::kBlock, group, 1));
  }
  return choices;
}

std::string choice_text(const ResidencyChoice& choice) {
  auto text = fmt::format("{} ({} GB", choice.flags, gigabytes(choice.needed));
  if (choice.exposed_seconds > 0)
    text += fmt::format(", {} s a step waiting", predicted_seconds(choice.exposed_seconds));
  return text + ")";
}

std::string choices_text(const Job& job, const Surroundings& around) {
  std::string text = "homes of the weights\n   GB a rank  s a step waiting\n";
  for (const auto& choice : residency_choices(job, around)) {
    text += fmt::format("{} {:>9} {:>16}  {}{}\n", choice.own ? '*' : ' ', gigabytes(choice.needed),
                        predicted_seconds(choice.exposed_seconds), choice.flags,
                        choice.home.empty() ? "" : ": " + choice.home);
  }
  return text;
}

}  // namespace kinema::plan
