// A component whose repeated blocks may be streamed: from the other ranks (HSDP), host memory or
// the files.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "nn/seams.h"
#include "parallel/block_streamer.h"
#include "parallel/stream_source.h"
#include "pipeline/component.h"
#include "plan/residency.h"
#include "tensor/device_clock.h"

namespace kinema::pipeline {

// Whether the job asks for blocks to be streamed.
bool streams_blocks(const Runtime& runtime);

// Made before the network, which takes its parameters from source() and is told of this object as
// its nn::BlockWeights; outlives it.
class StreamedComponent : public nn::BlockWeights {
 public:
  // `blocks`: the scopes of the repeated blocks, in their order.
  StreamedComponent(const Runtime& runtime,
                    const std::string& name,
                    weights::NameMap names,
                    const std::vector<parallel::CutRule>& rules,
                    const std::vector<std::string>& blocks);

  // What the network is made from.
  weights::ParamSource& source();
  // Parameters for use at once, of blocks too.
  weights::ParamSource& present() { return component_.source(); }
  OpenComponent& component() { return component_; }

  // Once the network has taken everything: what this rank keeps of the blocks begins to be read.
  // For any thread; start() does so where nobody has.
  void keep(const Runtime& runtime);
  // Before a job's passes over the blocks, of which there are so many: begins to fetch. Reports
  // what was taken since.
  void start(Runtime& runtime, int64_t passes);
  // After the last of the passes: reports how they went.
  void finish(Runtime& runtime);

  void enter(int64_t index) override;
  void leave(int64_t index) override;
  // A pass in which this rank computes nothing but its peers need its part.
  void pass_by();

 private:
  std::unique_ptr<parallel::BlockHome> chosen_home(const Runtime& runtime,
                                                   const parallel::StreamUnits& units) const;
  plan::OffloadHome offload_home(const Runtime& runtime, const parallel::StreamUnits& units) const;
  void begin_to_stream(Runtime& runtime, int64_t passes);

  bool stays(int64_t index) const;
  // A use of a block, from enter to leave, as the device came to them.
  struct Use {
    int64_t block;
    tensor::Mark begin, end;
  };
  // Sums up what the device has passed of the job's uses, fetches and waits, and hands it to the
  // trace, if there is one. Does not wait for the device.
  void fold();
  // All of it, by block.
  void tell(Runtime& runtime, report::StreamMeasure& stream);

  std::string name_;
  OpenComponent component_;
  std::vector<int64_t> resident_;  // blocks that are not streamed, ascending
  int slots_;
  std::optional<parallel::StreamSource> source_;
  std::unique_ptr<parallel::BlockHome> home_;  // until it is streamed from
  parallel::StreamUnits units_;
  std::optional<parallel::BlockStreamer> streamer_;
  // What earlier jobs have reported.
  uint64_t bytes_reported_ = 0, sent_reported_ = 0, kept_reported_ = 0;
  parallel::StreamCounts counts_reported_;
  // While a job's blocks are measured.
  std::optional<tensor::DeviceClock> clock_;
  std::deque<Use> uses_;
  struct Sums {
    double computing = 0, fetching = 0, waiting = 0;  // seconds
  };
  std::map<int64_t, Sums> sums_;  // of streamed blocks
  Stages* traced_ = nullptr;      // where the job has a trace
};

}  // namespace kinema::pipeline
