// The streamer's schedule with the cost model's latencies.
#include "plan/simulation_report.h"

#include <algorithm>
#include <array>
#include <numeric>

#include "base/log.h"
#include "plan/job_cost.h"
#include "plan/stream_simulation.h"

namespace kinema::plan {
namespace {

constexpr std::array kLinks = {LinkKind::kNvlink, LinkKind::kPcie, LinkKind::kNetwork};
constexpr std::array<int64_t, 3> kRanks = {2, 4, 8};
constexpr std::array<int64_t, 8> kTokens = {1024, 2048, 4096, 8192, 16384, 32768, 65536, 131072};
constexpr int64_t kSteps = 20;

MachineRates rates_of(const Job& job) {
  const bool gpu = job.request().device.kind == config::Device::Kind::kCuda;
  return gpu_rates(gpu ? job.predicted.rates.name : "NVIDIA H200");
}

ParallelPlan shared_by(int64_t ranks, int64_t heads) {
  ParallelPlan plan;
  plan.ulysses = std::gcd(ranks, heads);
  plan.ring = ranks / plan.ulysses;
  plan.hsdp_shard = ranks;
  return plan;
}

SimulatedCase simulated(const DenoiserShape& denoiser,
                        const ParallelPlan& plan,
                        const MachineRates& rates) {
  const StreamShape stream{.blocks = denoiser.blocks, .block_bytes = denoiser.block_bytes};
  SimulatedCase one;
  one.ranks = plan.hsdp_shard;
  one.link = rates.near;
  one.times = {.compute = block_visit_seconds(denoiser, plan, rates),
               .fetch = gather_seconds(denoiser, plan, rates)};
  const auto schedule = simulate(stream, {}, kSteps, StreamLatencies::constant(one.times));
  // The very first fetch has nothing to hide behind; that is no matter of the link.
  const double waited = std::max(0.0, schedule.exposed - one.times.fetch);
  one.overlap = 1 - waited / schedule.fetching();
  one.exposed = waited / static_cast<double>(kSteps);
  return one;
}

}  // namespace

std::vector<SimulatedCase> simulated_cases(const Job& job) {
  const int64_t heads = job.model.rules().heads(job.model);
  auto rates = rates_of(job);
  Job other = job;
  std::vector<SimulatedCase> cases;
  for (const auto tokens : kTokens) {
    other.tokens = tokens;
    const auto denoiser = other.model.rules().denoiser(other);
    for (const auto link : kLinks) {
      rates.near = link;
      for (const auto ranks : kRanks) {
        cases.push_back(simulated(denoiser, shared_by(ranks, heads), rates));
        cases.back().tokens = tokens;
      }
    }
  }
  return cases;
}

std::string simulation_text(const Job& job) {
  auto text = fmt::format(
      "per cent of the gathers of weights that computing hides ({}, N ranks "
      "share tokens and weights)\n",
      rates_of(job).name);
  text += "  tokens";
  for (const auto link : kLinks) text += fmt::format("   {:>8} 2    4    8", link_name(link));
  int64_t tokens = 0;
  for (const auto& one : simulated_cases(job)) {
    if (one.tokens != tokens) text += fmt::format("\n{:>8}", one.tokens);
    tokens = one.tokens;
    text +=
        fmt::format("{}{:>5.0f}", one.ranks == kRanks.front() ? "        " : "", 100 * one.overlap);
  }
  return text + "\n";
}

OrderedJson simulation_json(const Job& job) {
  OrderedJson rows = OrderedJson::array();
  for (const auto& one : simulated_cases(job)) {
    rows.push_back({{"tokens", one.tokens},
                    {"ranks", one.ranks},
                    {"link", link_name(one.link)},
                    {"compute_seconds", one.times.compute},
                    {"gather_seconds", one.times.fetch},
                    {"overlap", one.overlap},
                    {"exposed_seconds", one.exposed}});
  }
  return rows;
}

}  // namespace kinema::plan
