// Where decoded frames and their sound go: converted and handed to the video file, the frame
// folder, the sound file and the tensor dump.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "media/frame_folder.h"
#include "media/sound.h"
#include "media/video_writer.h"
#include "nn/pixel_bytes.h"
#include "nn/pixel_planes.h"
#include "pipeline/runtime.h"

namespace kinema::pipeline {

// What makes the planes that the video file takes; null: it takes RGB. The planes are the bytes
// that RGB would become, so that the file is the same.
std::unique_ptr<nn::PixelPlanes> planes_of(const Runtime& runtime);

// Opens its targets at once, so that a folder that cannot be written to is found before any work.
// Frames come in order.
class FrameOutput {
 public:
  // `comment`: JSON of the job for the file's comment tag, or empty.
  // `sound`: of what will come with the frames.
  FrameOutput(const Runtime& runtime,
              const std::string& comment,
              const std::optional<media::SoundFormat>& sound,
              std::unique_ptr<nn::PixelPlanes> planes);
  ~FrameOutput();

  // frames: [1, 3, F, H, W], about -1..1, clamped here. Works on a few frames at a time.
  void add(const at::Tensor& frames);
  // wave: [channels, samples], about -1..1: the whole sound, once. In files it ends with the video.
  void add_sound(const at::Tensor& wave);
  // All frames are there: the targets get their names.
  void commit();

  int64_t frames() const { return frames_; }

 private:
  void convert(const at::Tensor& frames);

  const Runtime& runtime_;
  std::unique_ptr<nn::PixelBytes> bytes_of_;
  std::unique_ptr<nn::PixelPlanes> planes_;
  media::VideoFormat format_;
  std::optional<media::SoundFormat> sound_format_;
  std::unique_ptr<media::VideoWriter> video_;
  std::unique_ptr<media::FrameFolder> folder_;
  std::optional<media::Sound> sound_;  // for a file of its own
  std::vector<at::Tensor> kept_;       // for the tensor dump, [F, H, W, 3] float32
  int64_t frames_ = 0;
};

}  // namespace kinema::pipeline
