// Standard input, copied to a file that every leader of a batch can follow.
#pragma once

#include <atomic>
#include <filesystem>
#include <thread>

namespace kinema::engine {

// Appends what comes to `file`, and makes batch::end_mark(file) when the input has ended.
class InputCopy {
 public:
  explicit InputCopy(std::filesystem::path file);
  // Stops, even if the input has not ended.
  ~InputCopy();

 private:
  void copy();

  std::filesystem::path file_;
  std::atomic<bool> stopped_{false};
  std::thread thread_;
};

}  // namespace kinema::engine
