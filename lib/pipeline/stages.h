// A job's stages as they go by: measured here, told to whoever shows progress or watches the
// process.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "checkpoint/read_ahead.h"
#include "nn/attention_watch.h"
#include "parallel/communication_times.h"
#include "parallel/team.h"
#include "report/progress.h"
#include "report/measures.h"
#include "tensor/kernel_times.h"

namespace kinema::pipeline {

class Stages {
 public:
  // `progress` is told of every change, on the thread that works; what `team` sends is counted.
  Stages(at::Device device, const parallel::Team& team, report::Progress& progress);
  Stages(const Stages&) = delete;
  Stages& operator=(const Stages&) = delete;

  // Ends the stage before it. `steps` 0: a stage without steps. A stage that is begun again is
  // counted on.
  void begin(const std::string& stage, int64_t steps = 0);
  // One step of the stage has been given to the device: what is sent from now on is another's.
  // Returns whether the device has been waited for, so that the step is done: where kernels begin
  // or cease to be counted.
  bool step_given();
  // One step of the stage is done. Before the next is given, where step_given() says so.
  void step_done();
  void end();
  // So many bytes of the checkpoint were read in this stage.
  void read(uint64_t bytes) { current_.bytes_read += bytes; }
  using TimePoint = std::chrono::steady_clock::time_point;
  // A component's weights have been taken from `opened` until now; most of them, and of what was
  // before this stage all, until `made`.
  void loaded(const std::string& component, uint64_t bytes, TimePoint opened, TimePoint made);
  // What came of reading files ahead, for the loads it was for.
  void read_ahead(const std::vector<checkpoint::ReadMeasure>& reads);
  // A component's blocks were streamed in this stage.
  void streamed(const std::string& component, const report::StreamMeasure& stream) {
    current_.streams[component] = stream;
  }

  // Where an operation with other ranks is.
  void communicates(const std::string& group,
                    const comm::Operation& operation,
                    comm::Moment moment);

  // Keeps what happens when from here on, on a clock that begins at the same time on every rank.
  // Called by all of them.
  void trace();
  bool traces() const { return origin_.has_value(); }
  // Something of this stage that lasted; kept if there is a trace.
  void span(const std::string& track,
            const std::string& name,
            TimePoint begin,
            TimePoint end,
            uint64_t bytes = 0);

  const std::vector<report::StageMeasure>& measures() const { return measures_; }

 private:
  using Clock = std::chrono::steady_clock;
  using Sent = std::map<std::string, uint64_t>;

  // Of a stage with steps, kernels are counted in its second while there is a trace.
  void count_kernels();
  // Ends the watch over attentions.
  void keep_attention();

  at::Device device_;
  const parallel::Team& team_;
  report::Progress& progress_;
  bool running_ = false;
  int64_t steps_ = 0;
  size_t given_ = 0;  // steps
  report::StageMeasure current_;
  Clock::time_point began_, step_began_;
  std::optional<nn::AttentionWatch> attention_;
  std::optional<tensor::KernelTimes> kernels_;
  std::optional<Clock::time_point> origin_;  // of the trace
  Sent sent_before_, sent_before_step_;
  parallel::CommunicationTimes communication_;
  std::vector<report::StageMeasure> measures_;
};

// Whether a signal has reached one rank of the team; every rank says the same, since ranks that
// stopped at different steps would wait for each other.
bool interrupted_together(const parallel::Team& team);

}  // namespace kinema::pipeline
