// Where finished frames go, whatever the format.
#pragma once

#include <cstdint>
#include <span>

namespace kinema::media {

// Frames come in order from one thread. Nothing is at the target's name before commit(), and
// without it nothing stays.
class FrameSink {
 public:
  virtual ~FrameSink() = default;
  // One frame of 8-bit RGB, [H, W, 3], or of what else the sink was opened for. Copied and written
  // by another thread while the caller makes the next; waits when that thread is some frames
  // behind. Throws what that thread met, at the latest at commit().
  virtual void frame(std::span<const uint8_t> pixels) = 0;
  // Finishes the file or folder and gives it its name. Once, as the last call.
  virtual void commit() = 0;
};

}  // namespace kinema::media
