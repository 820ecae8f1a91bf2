// How one request is shared by processes: degrees, their product, and every rule they must keep.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "config/violations.h"

namespace kinema::plan {

// Degrees as the flags name them. hsdp_shard 0 means that weights are whole on every rank.
struct ParallelPlan {
  int64_t tensor = 1, ulysses = 1, ring = 1, cfg = 1, data = 1;
  int64_t vae_patch = 1;
  int64_t hsdp_shard = 0, hsdp_replicate = 1;

  // Ranks that denoise one request.
  int64_t denoising() const { return tensor * ulysses * ring * cfg; }
  // Ranks that serve one request; more than denoising() if the VAE's group is larger.
  int64_t replica() const;
  int64_t world_size() const { return replica() * data; }
  bool operator==(const ParallelPlan&) const = default;
};

// What of a model and a job limits the degrees.
struct SplitLimits {
  int64_t heads = 1;      // attention heads of the transformer
  int64_t mlp_width = 1;  // hidden width of its MLP
  int64_t branches = 1;   // forwards a step: 2 with guidance
  int64_t tokens = 1;     // video tokens
  bool vae_tiled = true;
};

// Every broken rule, with the legal values; Error kind kConfig.
void check_plan(const ParallelPlan& plan,
                const SplitLimits& limits,
                config::Violations& violations);
// Whether all processes have one of the `gpus` visible GPUs each.
void check_gpus(const ParallelPlan& plan, int64_t gpus, config::Violations& violations);

// Shares the weights that each of `group` ranks would hold alike within a machine of
// `ranks_per_machine` ranks (0: all are on one) and repeats them across machines: a gather never
// leaves its machine.
void shard_within_machines(ParallelPlan& plan, int64_t group, int64_t ranks_per_machine);

// "cfg 2 x ulysses 2 = 4 ranks", or "one process".
std::string plan_text(const ParallelPlan& plan);

// All divisors of `n`, ascending.
std::vector<int64_t> divisors(int64_t n);

}  // namespace kinema::plan
