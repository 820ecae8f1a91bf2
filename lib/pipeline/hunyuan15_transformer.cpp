// The table of modulations reads weights as large as the blocks: it outlives a job.
#include "pipeline/hunyuan15_transformer.h"

#include <utility>

#include <ATen/ops/equal.h>

#include "pipeline/chosen_kernels.h"

namespace kinema::pipeline {
namespace {

// The reference's text-to-video pipeline tells no transformer the time that a step goes to, not
// even a meanflow one.
bool tells_target_times(const plan::ModelFacts& facts) {
  return facts.hunyuan15.transformer.use_meanflow &&
         facts.task() == checkpoint::Task::kImageToVideo;
}

bool same(const at::Tensor& a, const at::Tensor& b) {
  if (!a.defined() || !b.defined()) return a.defined() == b.defined();
  return a.sizes() == b.sizes() && at::equal(a, b);
}

}  // namespace

weights::NameMap hunyuan15_transformer_names(const plan::ModelFacts& facts) {
  weights::NameMap names{.prefixes = {},
                         .unused = hunyuan15::unused_parameters(facts.hunyuan15.transformer)};
  if (!tells_target_times(facts)) names.unused.push_back("time_embed.timestep_embedder_r.*");
  return names;
}

Hunyuan15Transformer::Hunyuan15Transformer(const Runtime& runtime)
    : config_(runtime.model.hunyuan15.transformer),
      team_(runtime.team),
      elementwise_(elementwise_of(runtime)),
      component_(runtime,
                 "transformer",
                 hunyuan15_transformer_names(runtime.model),
                 parallel::hunyuan15_transformer_rules(),
                 hunyuan15::block_prefixes(config_)),
      transformer_(nn::ParamScope(component_.source()),
                   config_,
                   {team_.attend(), team_.tokens(), component_, *elementwise_}) {
  component_.keep(runtime);
}

std::shared_ptr<const hunyuan15::ModulationTable> Hunyuan15Transformer::table_for(
    const Runtime& runtime, const sampling::FlowSchedule& schedule) {
  const auto numerics = runtime.request.numerics;
  auto times = sampling::model_times(schedule, runtime.dtype, numerics);
  at::Tensor targets;
  if (tells_target_times(runtime.model))
    targets = sampling::model_target_times(schedule, runtime.dtype, numerics);
  if (table_ && same(times, times_) && same(targets, target_times_)) return table_;
  table_.reset();
  table_ = std::make_shared<hunyuan15::ModulationTable>(nn::ParamScope(component_.present()),
                                                        config_, times, targets);
  times_ = std::move(times), target_times_ = std::move(targets);
  return table_;
}

void Hunyuan15Transformer::begin(Runtime& runtime,
                                 const sampling::FlowSchedule& schedule,
                                 const std::vector<int64_t>& sizes,
                                 const std::vector<hunyuan15::Condition>& conditions,
                                 int64_t steps) {
  prepared_ = transformer_.prepare(sizes, table_for(runtime, schedule), conditions);
  component_.start(runtime, steps);
}

std::vector<at::Tensor> Hunyuan15Transformer::velocities(const at::Tensor& input,
                                                         int64_t step,
                                                         size_t count) const {
  const auto mine = team_.branches(count);
  return team_.gathered(transformer_.velocity(prepared_, input, step, mine), count);
}

void Hunyuan15Transformer::finish(Runtime& runtime) {
  component_.finish(runtime);
  prepared_ = {};
}

}  // namespace kinema::pipeline
