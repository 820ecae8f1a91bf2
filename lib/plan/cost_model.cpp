// Bytes are what must leave a rank if every piece goes straight to its reader, as the metrics count
// them.
#include "plan/cost_model.h"

#include <algorithm>

#include "plan/residency.h"

namespace kinema::plan {
namespace {

// Messages of a block: queries, keys and values in one, the result, the text's result.
constexpr double kUlyssesMessages = 3;

double real(int64_t value) { return static_cast<double>(value); }

double seconds(const Link& link, double bytes, double messages) {
  return bytes / link.bytes_per_second + messages * link.latency;
}

// Ranks that share the tokens, and ranks among which a token's work is divided.
double sequence(const ParallelPlan& plan) { return real(plan.ulysses * plan.ring); }
double split(const ParallelPlan& plan) { return sequence(plan) * real(plan.tensor); }

double attention_seconds(const DenoiserShape& shape,
                         const ParallelPlan& plan,
                         const MachineRates& rates) {
  return shape.attention_flops / split(plan) / rates.attention;
}

// Each of a block's hidden states goes to every peer, in shares of the heads.
double ulysses_seconds(const DenoiserShape& shape,
                       const ParallelPlan& plan,
                       const MachineRates& rates) {
  if (plan.ulysses == 1) return 0;
  const double peers = real(plan.ulysses - 1) / real(plan.ulysses);
  const double bytes =
      shape.exchanges * shape.token_bytes / split(plan) + shape.context_bytes / real(plan.tensor);
  return seconds(rates.between(plan.tensor * plan.ulysses), bytes * peers, kUlyssesMessages);
}

// Keys and values travel while attention computes; then every round's result is merged.
double ring_seconds(const DenoiserShape& shape,
                    const ParallelPlan& plan,
                    const MachineRates& rates) {
  if (plan.ring == 1) return 0;
  // Attention, weights, products and a sum: a quarter of a block's launches.
  const double merging =
      real(plan.ring) *
      (shape.merge_bytes / split(plan) / rates.memory_bytes_per_second + rates.block_floor / 4);
  const double rounds = real(plan.ring - 1);
  const double bytes = 2 * shape.token_bytes / split(plan) * rounds;
  const auto link = rates.between(plan.tensor * plan.ulysses * plan.ring);
  return merging +
         std::max(0.0, seconds(link, bytes, rounds) - attention_seconds(shape, plan, rates));
}

// An all-reduce sends 2 (T - 1) / T of its tensor; nothing computes meanwhile.
double tensor_seconds(const DenoiserShape& shape,
                      const ParallelPlan& plan,
                      const MachineRates& rates) {
  if (plan.tensor == 1) return 0;
  const double share = 2 * real(plan.tensor - 1) / real(plan.tensor);
  const double bytes = shape.token_sums * shape.token_bytes / sequence(plan) +
                       shape.context_sums * shape.context_bytes;
  return seconds(rates.between(plan.tensor), bytes * share,
                 2 * (shape.token_sums + shape.context_sums));
}

// The parts of a prediction to the ranks that share its tokens, then whole predictions to those of
// the other branches.
double prediction_seconds(const DenoiserShape& shape,
                          const ParallelPlan& plan,
                          const MachineRates& rates) {
  double total = 0;
  const double forwards = real(passes_here(shape, plan));
  if (const auto ranks = plan.ulysses * plan.ring; ranks > 1) {
    total += seconds(rates.between(plan.tensor * ranks),
                     forwards * shape.prediction_bytes * real(ranks - 1) / real(ranks), forwards);
  }
  if (plan.cfg > 1) {
    total += seconds(rates.between(plan.denoising()),
                     forwards * shape.prediction_bytes * real(plan.cfg - 1), 1);
  }
  return total;
}

double weights_seconds(const DenoiserShape& shape,
                       const ParallelPlan& plan,
                       const MachineRates& rates) {
  if (plan.hsdp_shard <= 1) return 0;
  const StreamShape stream{.blocks = shape.blocks, .block_bytes = shape.block_bytes};
  return exposed_seconds(stream, 0,
                         {.compute = block_visit_seconds(shape, plan, rates),
                          .fetch = gather_seconds(shape, plan, rates)});
}

// Of a step that runs all passes.
StepTime guided_step_time(const DenoiserShape& shape,
                          const ParallelPlan& plan,
                          const MachineRates& rates) {
  const double visits = real(shape.blocks * passes_here(shape, plan));
  return {.compute = visits * block_seconds(shape, plan, rates),
          .ulysses = visits * ulysses_seconds(shape, plan, rates),
          .ring = visits * ring_seconds(shape, plan, rates),
          .tensor = visits * tensor_seconds(shape, plan, rates),
          .gather = prediction_seconds(shape, plan, rates),
          .weights = weights_seconds(shape, plan, rates)};
}

// share of a and the rest of b.
StepTime mixed(const StepTime& a, double share, const StepTime& b) {
  const auto mean = [&](double StepTime::*part) { return share * a.*part + (1 - share) * b.*part; };
  return {.compute = mean(&StepTime::compute),
          .ulysses = mean(&StepTime::ulysses),
          .ring = mean(&StepTime::ring),
          .tensor = mean(&StepTime::tensor),
          .gather = mean(&StepTime::gather),
          .weights = mean(&StepTime::weights)};
}

}  // namespace

double block_seconds(const DenoiserShape& shape,
                     const ParallelPlan& plan,
                     const MachineRates& rates) {
  const double busy = shape.token_flops / split(plan) / rates.matrix +
                      attention_seconds(shape, plan, rates) +
                      shape.context_flops / real(plan.tensor) / rates.matrix;
  return std::max(busy, rates.block_floor);
}

int64_t passes_here(const DenoiserShape& shape, const ParallelPlan& plan) {
  return (shape.passes + plan.cfg - 1) / plan.cfg;
}

double block_visit_seconds(const DenoiserShape& shape,
                           const ParallelPlan& plan,
                           const MachineRates& rates) {
  return real(passes_here(shape, plan)) *
         (block_seconds(shape, plan, rates) + ulysses_seconds(shape, plan, rates) +
          ring_seconds(shape, plan, rates) + tensor_seconds(shape, plan, rates));
}

double gather_seconds(const DenoiserShape& shape,
                      const ParallelPlan& plan,
                      const MachineRates& rates) {
  const double ranks = real(std::max<int64_t>(1, plan.hsdp_shard));
  const double bytes = static_cast<double>(shape.block_bytes) / real(plan.tensor);
  return seconds(rates.between(plan.hsdp_shard * plan.tensor), bytes * (ranks - 1) / ranks, 1);
}

StepTime step_time(const DenoiserShape& shape,
                   const ParallelPlan& plan,
                   const MachineRates& rates) {
  const auto guided = guided_step_time(shape, plan, rates);
  if (shape.guided_share == 1) return guided;
  auto alone = shape;
  alone.passes = 1;
  return mixed(guided, shape.guided_share, guided_step_time(alone, plan, rates));
}

}  // namespace kinema::plan
