// MP4 and Matroska files, through FFmpeg.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "media/frame_sink.h"
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

  void frame(std::span<const uint8_t> rgb) override;
  void commit() override;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace kinema::media
