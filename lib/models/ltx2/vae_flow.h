// What the video autoencoder's layers remember of a clip that goes through them in parts of time,
// so that the result is that of the whole clip, also where layers look ahead.
#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

namespace kinema::ltx2 {

// A layer that looks ahead gives a frame's result when the frame behind it has come: fewer frames
// come out of a part than went in, and what is missing comes with the last part. One clip's memory
// of a row of layers, which meet it in the same order at every part.
class Flow {
 public:
  enum class Part { kMiddle, kLast };

  // One layer's memory.
  struct Memory {
    at::Tensor frames;     // not yet fully used
    bool started = false;  // whether any frame of the clip has come
  };

  // Call before each part. A clip whose only part is its last is never remembered.
  void begin(Part part);
  bool at_end() const { return part_ == Part::kLast; }
  // The calling layer's memory.
  Memory& next();

  // The next `count` frames of a clip that x [T, ...] continues: what goes around a layer that
  // looks ahead waits for it.
  at::Tensor delayed(at::Tensor x, int64_t count);

 private:
  Part part_ = Part::kLast;
  size_t next_ = 0;
  std::vector<Memory> memories_;
};

}  // namespace kinema::ltx2
