// Brings each block's weights into one of a few slots just before the block runs, while the one
// before it computes.
#pragma once

#include <memory>
#include <thread>
#include <vector>

#include "nn/seams.h"
#include "parallel/block_home.h"
#include "parallel/device_lane.h"

namespace kinema::parallel {

struct StreamCounts {
  int64_t passes = 0, fetches = 0;
  int64_t bytes_fetched = 0;  // into slots

  StreamCounts operator-(const StreamCounts& before) const;
};

// A time in which a block was fetched, or computing waited for it.
struct StreamEvent {
  enum class Kind { kFetch, kWait } kind;
  int64_t block;
  DeviceLane::Time begin, end;
  int64_t bytes = 0;
};

// Blocks are entered and left one after the other, in order, `passes` times; from the last block of
// a pass the first of the next is fetched, after the last pass nothing, until more() passes are
// announced. A fetch into a slot begins when the block that used it before has been left.
//
// Fetches that keep the host are made by a thread. All others are given to the device as soon as
// the block before them in the slot has been left, into a queue of their own: the host does not
// wait and nothing is allocated. Only in a first pass, while units are still being read, a fetch is
// given when its block is entered, for which the host waits if it must. Either way two points for
// each slot, "filled" and "free", join the device's queues.
class BlockStreamer : public nn::BlockWeights {
 public:
  // Opens the home and begins to fetch at once, into `slots` (at least 1; 2 hide transfers behind
  // computing; no more than there are units) on `device`. The second form uses a given lane, with
  // two points a slot, instead of the device's.
  BlockStreamer(StreamUnits units,
                std::unique_ptr<BlockHome> home,
                at::Device device,
                int slots,
                int64_t passes);
  BlockStreamer(StreamUnits units,
                std::unique_ptr<BlockHome> home,
                at::Device device,
                int slots,
                int64_t passes,
                std::unique_ptr<DeviceLane> lane);
  // Waits for a fetch under way, unless an error is passing through: a peer that failed would never
  // let it end. The thread is then left to the end of the process.
  ~BlockStreamer() override;
  BlockStreamer(const BlockStreamer&) = delete;
  BlockStreamer& operator=(const BlockStreamer&) = delete;

  // So many passes beyond those announced before; begins to fetch at once.
  void more(int64_t passes);

  // Throws whatever a fetch threw.
  void enter(int64_t index) override;
  void leave(int64_t index) override;
  // A pass in which nothing is computed, for a rank whose peers need its parts.
  void pass_by();

  StreamCounts counts() const;
  // What has happened since the last call: fetches and waits, each kind in order, in the device's
  // own time, as far as the device has come to the end of one after the other. To be called now and
  // then, so that not too many are kept; after tensor::synchronize it is everything.
  std::vector<StreamEvent> take_events();
  const BlockHome& home() const;
  const std::vector<StreamUnit>& units() const;
  // Home and slots.
  int64_t resident_bytes() const;

 private:
  // False if the thread had to be left behind.
  bool end_thread();

  struct State;
  std::shared_ptr<State> state_;  // also the thread's
  std::thread thread_;
  int64_t entered_ = 0;
  int errors_before_;
};

}  // namespace kinema::parallel
