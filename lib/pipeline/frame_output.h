// Where decoded frames go: converted to 8 bits and handed to the video file, the frame folder and
// the tensor dump.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "media/frame_sink.h"
#include "pipeline/runtime.h"

namespace kinema::pipeline {

// Opens its targets at once, so that a folder that cannot be written to is found before any work.
// Frames come in order.
class FrameOutput {
 public:
  // `comment`: JSON of the job for the file's comment tag, or empty.
  FrameOutput(const Runtime& runtime, const std::string& comment);
  ~FrameOutput();

  // frames: [1, 3, F, H, W], about -1..1, clamped here.
  void add(const at::Tensor& frames);
  // All frames are there: the targets get their names.
  void commit();

  int64_t frames() const { return frames_; }

 private:
  const Runtime& runtime_;
  std::vector<std::unique_ptr<media::FrameSink>> sinks_;
  std::vector<at::Tensor> kept_;  // for the tensor dump, [F, H, W, 3] float32
  int64_t frames_ = 0;
};

}  // namespace kinema::pipeline
