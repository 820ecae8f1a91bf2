// The table of modulations reads layers of the root; it outlives a job, for the next with the same
// times.
#include "pipeline/ltx2_transformer.h"

#include <utility>

#include <ATen/ops/cat.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/tensor.h>

#include "pipeline/chosen_kernels.h"

namespace kinema::pipeline {
namespace {

bool same(const at::Tensor& a, const at::Tensor& b) {
  return b.defined() && a.sizes() == b.sizes() && at::equal(a, b);
}

}  // namespace

Ltx2Transformer::Ltx2Transformer(const Runtime& runtime)
    : config_(runtime.model.ltx2.transformer),
      team_(runtime.team),
      elementwise_(elementwise_of(runtime)),
      component_(runtime,
                 "transformer",
                 {},
                 parallel::ltx2_transformer_rules(),
                 ltx2::block_prefixes(config_)),
      transformer_(nn::ParamScope(component_.source()),
                   config_,
                   {.attend = team_.attend(),
                    .tokens = team_.tokens(),
                    .blocks = component_,
                    .elementwise = *elementwise_,
                    .heads = team_.heads()}) {
  component_.keep(runtime);
}

std::shared_ptr<const ltx2::ModulationTable> Ltx2Transformer::table_for(const Runtime& runtime,
                                                                        const at::Tensor& times,
                                                                        const at::Tensor& fixed) {
  const bool cross = runtime.request.use_cross_timestep;
  if (table_ && same(times, times_) && same(fixed, fixed_) && cross == cross_timestep_)
    return table_;
  table_.reset();
  table_ = std::make_shared<ltx2::ModulationTable>(
      nn::ParamScope(component_.present()), config_, times, ltx2::NoiseLevels(fixed),
      cross ? ltx2::CrossTime::kOther : ltx2::CrossTime::kOwn);
  times_ = times, fixed_ = fixed, cross_timestep_ = cross;
  return table_;
}

void Ltx2Transformer::begin(Runtime& runtime,
                            const sampling::FlowSchedule& schedule,
                            const ltx2::Positions& positions,
                            const at::Tensor& fixed,
                            const std::vector<ltx2::TextEmbeds>& conditions,
                            std::vector<ltx2::Pass> passes,
                            int64_t steps) {
  passes_ = std::move(passes);
  std::vector<ltx2::Streams> texts;
  for (const auto& one : conditions) texts.push_back({one.video, one.audio});
  prepared_ = std::make_unique<ltx2::Prepared>(transformer_.prepare(
      positions, table_for(runtime, at::tensor(schedule.timesteps), fixed), texts));
  component_.start(runtime, steps);
}

std::vector<ltx2::Streams> Ltx2Transformer::velocities(const ltx2::Streams& latents, int64_t step) {
  std::vector<ltx2::Pass> mine;
  for (size_t index : team_.branches(passes_.size())) mine.push_back(passes_[index]);
  const auto streams = transformer_.velocity(*prepared_, latents, step, mine);
  // One message for both streams.
  std::vector<at::Tensor> flat;
  for (const auto& one : streams)
    flat.push_back(at::cat({one.video.flatten(), one.audio.flatten()}));
  const auto& like = streams.front();
  std::vector<ltx2::Streams> all;
  for (const auto& values : team_.gathered(flat, passes_.size())) {
    all.push_back({values.narrow(0, 0, like.video.numel()).view_as(like.video),
                   values.narrow(0, like.video.numel(), like.audio.numel()).view_as(like.audio)});
  }
  return all;
}

void Ltx2Transformer::finish(Runtime& runtime) {
  component_.finish(runtime);
  prepared_.reset();
}

}  // namespace kinema::pipeline
