// How long the operations of each group took, and how much of that computing hid.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <utility>

#include <ATen/core/Tensor.h>

#include "comm/communicator.h"
#include "tensor/device_clock.h"

namespace kinema::parallel {

struct CommunicationTime {
  int64_t operations = 0;
  double seconds = 0;          // from an operation's start until its result could be used
  double exposed_seconds = 0;  // in which computing waited for it, or for the peers
};

// Times are the device's own: of a GPU only what its current stream waits for counts as exposed.
class CommunicationTimes {
 public:
  using Time = tensor::DeviceClock::Time;
  // Told of each operation once it is known when computing waited for it: from `begin` to `end`.
  using Told = std::function<void(
      const std::string& group, const comm::Operation& operation, Time begin, Time end)>;

  explicit CommunicationTimes(at::Device device, Told told = {})
      : clock_(device), told_(std::move(told)) {}

  // To be told of every moment of operations that one thread runs.
  void note(const std::string& group, const comm::Operation& operation, comm::Moment moment);
  // What the device has ended since the last time, by group; of all it was given after
  // tensor::synchronize.
  std::map<std::string, CommunicationTime> take();

 private:
  // An operation's points on the device.
  struct Span {
    std::string group;
    comm::Operation operation;
    tensor::Mark start, wait, end;
  };

  // Adds up what has ended and the device has passed, in order, without waiting for it.
  void fold();

  tensor::DeviceClock clock_;
  Told told_;
  std::map<std::pair<std::string, int64_t>, Span> running_;
  std::deque<Span> ended_;  // not folded yet
  std::map<std::string, CommunicationTime> sums_;
};

}  // namespace kinema::parallel
