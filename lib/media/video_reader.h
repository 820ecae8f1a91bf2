// Video files read back: what they are and their frames.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "media/image.h"
#include "media/video_format.h"

namespace kinema::media {

struct SoundInfo {
  SoundFormat format;
  int64_t length = 0;  // samples per channel; 0 where the container does not count them (Matroska)
  std::string codec, profile;  // FFmpeg's names: "aac", "LC"
};

// Names are FFmpeg's: "h264", "High", "yuv420p", "bt709", "tv" (limited range) or "pc" (full).
struct VideoInfo {
  Size size;
  FrameRate fps;
  int64_t frames = 0;  // as the container counts them; 0 where it does not (Matroska)
  std::string codec, profile, pixel_format;
  std::string matrix, primaries, transfer, range;
  std::optional<SoundInfo> sound;
  std::string comment;  // the comment tag: the job's JSON in files of this program
};

// The file's first video stream. Throws Error(kIo) naming the file, and Error(kConfig) in a build
// without FFmpeg.
class VideoReader {
 public:
  explicit VideoReader(const std::filesystem::path& path);
  ~VideoReader();

  const VideoInfo& info() const;
  // The next frame in 8-bit RGB, or none after the last.
  std::optional<Image> next();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace kinema::media
