// Files on their way into the system's cache before anybody needs them, so that the disk works
// while something else does.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "checkpoint/component.h"

namespace kinema::checkpoint {

// What will be read of a component.
struct Wanted {
  std::string name;            // of the component
  std::filesystem::path path;  // as Component::open takes it
  std::function<bool(const std::string& tensor)> needed;
};

// What has become of one of them.
struct ReadMeasure {
  std::string name;
  uint64_t bytes = 0;   // that were asked for
  uint64_t cached = 0;  // of these, what was there before as far as the system tells
  double seconds = 0;   // until all were there
};

// Reads on a thread of its own, one component after the other, each in the order of its files.
// Nothing of it counts towards this process's memory, and the system drops it where memory is
// wanted. A file that cannot be read is left to those who need it.
class ReadAhead {
 public:
  // Ends once `budget` bytes were asked for.
  ReadAhead(std::vector<Wanted> wanted, uint64_t budget);
  // Stops at the next few megabytes.
  ~ReadAhead();
  ReadAhead(const ReadAhead&) = delete;
  ReadAhead& operator=(const ReadAhead&) = delete;

  // Of what is done by now, in order; of the last, so far.
  std::vector<ReadMeasure> measures() const;
  // Waits until everything is there.
  void wait();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace kinema::checkpoint
