// The loaded transformer of HunyuanVideo 1.5, prepared for one generation after the other.
#pragma once

#include <memory>
#include <vector>

#include <ATen/core/Tensor.h>

#include "models/hunyuan15/transformer.h"
#include "pipeline/streamed_component.h"
#include "sampling/flow_match.h"

namespace kinema::pipeline {

// Which of the transformer's tensors the pipeline reads.
weights::NameMap hunyuan15_transformer_names(const plan::ModelFacts& facts);

class Hunyuan15Transformer {
 public:
  // What this rank keeps of streamed blocks begins to be read; for any thread.
  explicit Hunyuan15Transformer(const Runtime& runtime);

  // What no step of the job changes; its blocks begin to be fetched if they are streamed, for
  // `steps` of the schedule. `sizes`: of the latents. Reports what was read.
  void begin(Runtime& runtime,
             const sampling::FlowSchedule& schedule,
             const std::vector<int64_t>& sizes,
             const std::vector<hunyuan15::Condition>& conditions,
             int64_t steps);
  // One velocity per condition, of the first `count` of them.
  std::vector<at::Tensor> velocities(const at::Tensor& input, int64_t step, size_t count) const;
  // After the last step: lets the job's conditions go.
  void finish(Runtime& runtime);

 private:
  // The modulation of every step; made anew where the times are others than before.
  std::shared_ptr<const hunyuan15::ModulationTable> table_for(const Runtime& runtime,
                                                              const sampling::FlowSchedule& times);

  const config::Hunyuan15TransformerConfig& config_;
  const parallel::Team& team_;
  std::unique_ptr<const nn::Elementwise> elementwise_;
  StreamedComponent component_;
  hunyuan15::Transformer transformer_;
  hunyuan15::Prepared prepared_;
  at::Tensor times_, target_times_;
  std::shared_ptr<const hunyuan15::ModulationTable> table_;
};

}  // namespace kinema::pipeline
