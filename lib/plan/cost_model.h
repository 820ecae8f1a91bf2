// How long a denoising step takes on a layout: FLOPs over rates, and bytes over links.
#pragma once

#include <cstdint>

#include "plan/machine_rates.h"
#include "plan/parallel_plan.h"

namespace kinema::plan {

// What a denoiser's repeated blocks compute and exchange; each model family fills one in from its
// configuration and a job's tokens. "Of a block" means one block in one forward on one process.
struct DenoiserShape {
  int64_t blocks = 0;
  int64_t passes = 1;       // forwards of a guided step; any other runs one
  double guided_share = 1;  // of the steps
  // FLOPs of a block. Ulysses and ring share the tokens; what stands beside them (text, sound) is
  // computed by each of their ranks.
  double token_flops = 0;      // matrices applied to the shared tokens
  double attention_flops = 0;  // of the shared tokens with everything
  double context_flops = 0;    // matrices applied to what is not shared
  // Bytes of a hidden state of all tokens, and of all that is not shared.
  double token_bytes = 0, context_bytes = 0;
  // Hidden states of the shared tokens that Ulysses exchanges in a block: queries, keys, values and
  // the result of joint attention.
  double exchanges = 4;
  // Bytes that go through a device's memory to merge one round of a ring, of all tokens: partial
  // results in float32, with operations of their own.
  double merge_bytes = 0;
  // Hidden states that tensor parallelism sums in a block, of the shared tokens and of the rest.
  double token_sums = 2, context_sums = 2;
  uint64_t block_bytes = 0;     // weights of a block
  double prediction_bytes = 0;  // what one forward predicts
};

// For each value of a round's result: the difference, its share and the sum read and write float32.
constexpr double kMergeBytes = 40;

// Seconds of one step on one rank by what it spends them on; what hides behind computing is not in
// here.
struct StepTime {
  double compute = 0;
  double ulysses = 0, ring = 0, tensor = 0;  // exchanges inside blocks
  double gather = 0;                         // predictions
  double weights = 0;                        // waiting for blocks that are streamed

  double total() const { return compute + ulysses + ring + tensor + gather + weights; }
};

// Of one block in one forward, without exchanges.
double block_seconds(const DenoiserShape& shape,
                     const ParallelPlan& plan,
                     const MachineRates& rates);

// Forwards of a guided step that one rank of the plan runs.
int64_t passes_here(const DenoiserShape& shape, const ParallelPlan& plan);

// Of one block with its exchanges, in all forwards of a guided step that a rank of the plan runs:
// what a fetch can hide behind.
double block_visit_seconds(const DenoiserShape& shape,
                           const ParallelPlan& plan,
                           const MachineRates& rates);

// To gather one block's weights from the ranks of a shard group.
double gather_seconds(const DenoiserShape& shape,
                      const ParallelPlan& plan,
                      const MachineRates& rates);

// Of a step on average. `plan.hsdp_shard` > 0: every block is gathered once a step into two slots.
StepTime step_time(const DenoiserShape& shape, const ParallelPlan& plan, const MachineRates& rates);

}  // namespace kinema::plan
