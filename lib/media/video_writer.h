// MP4 and Matroska files, through FFmpeg.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "media/frame_sink.h"
#include "media/sound.h"
#include "media/video_format.h"

namespace kinema::media {

// A video file that appears at `path` when commit() is called, over whatever was there.
// `comment` goes into the file's comment tag (JSON of the job; empty: none). The same frames,
// format and comment give the same bytes on any number of cores; nothing in them tells of time or
// machine. Makes the checks of check_video first. frame() and commit() throw Error(kIo) naming
// `path` when the disk is full or the encoder fails.
class VideoWriter final : public FrameSink {
 public:
  VideoWriter(const std::filesystem::path& path,
              const VideoFormat& format,
              const std::string& comment);
  ~VideoWriter() override;

  void frame(std::span<const uint8_t> pixels) override;
  // The whole sound, once, before or after the frames; only and always if the format has one. In
  // the file it begins with the first frame and ends with the last: what is longer is cut off, what
  // is shorter is followed by silence.
  void sound(Sound sound);
  void commit() override;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace kinema::media
