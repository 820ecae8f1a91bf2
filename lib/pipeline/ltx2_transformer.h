// The loaded transformer of LTX-2, prepared for one generation after the other.
#pragma once

#include <memory>
#include <vector>

#include <ATen/core/Tensor.h>

#include "models/ltx2/connectors.h"
#include "models/ltx2/transformer.h"
#include "pipeline/streamed_component.h"
#include "sampling/flow_match.h"

namespace kinema::pipeline {

class Ltx2Transformer {
 public:
  // What this rank keeps of streamed blocks begins to be read; for any thread.
  explicit Ltx2Transformer(const Runtime& runtime);

  // What no step of the job changes; its blocks begin to be fetched if they are streamed. fixed:
  // [L] float32 on the CPU, how far each token of the video is given, 0 to 1. conditions: the
  // prompt's, perhaps the negative one's; passes refer to them.
  void begin(Runtime& runtime,
             const sampling::FlowSchedule& schedule,
             const ltx2::Positions& positions,
             const at::Tensor& fixed,
             const std::vector<ltx2::TextEmbeds>& conditions,
             std::vector<ltx2::Pass> passes,
             int64_t steps);
  // The velocities of each pass in the order of begin(), computed here or by other ranks. latents:
  // tokens of video and sound.
  std::vector<ltx2::Streams> velocities(const ltx2::Streams& latents, int64_t step);
  // After the last step: lets the job's conditions go.
  void finish(Runtime& runtime);

 private:
  // The modulation of every step; made anew where it is another than before.
  std::shared_ptr<const ltx2::ModulationTable> table_for(const Runtime& runtime,
                                                         const at::Tensor& times,
                                                         const at::Tensor& fixed);

  const config::Ltx2TransformerConfig& config_;
  const parallel::Team& team_;
  std::unique_ptr<const nn::Elementwise> elementwise_;
  StreamedComponent component_;
  ltx2::Transformer transformer_;
  std::vector<ltx2::Pass> passes_;
  std::unique_ptr<ltx2::Prepared> prepared_;
  at::Tensor times_, fixed_;
  bool cross_timestep_ = true;
  std::shared_ptr<const ltx2::ModulationTable> table_;
};

}  // namespace kinema::pipeline
