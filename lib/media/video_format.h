// What a video file is to be: size, rate, codec, quality; and which of that this build can write.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "media/image.h"

namespace kinema::media {

// An exact number of frames a second: 24/1, 24000/1001.
struct FrameRate {
  int num = 24;
  int den = 1;

  bool operator==(const FrameRate&) const = default;
};

// Of every channel: samples per second, and how many channels there are.
struct SoundFormat {
  int rate = 48000;
  int channels = 2;

  bool operator==(const SoundFormat&) const = default;
};

// kFfv1 is lossless RGB and goes into .mkv only; the others are 4:2:0 in BT.709.
enum class VideoCodec { kH264, kHevc, kAv1, kFfv1 };

// As what frames are handed over: RGB [H, W, 3], or (not for kFfv1) what the encoder would have it
// converted to: Y [H, W], then U and V [H / 2, W / 2] in limited-range BT.709.
enum class FramePixels { kRgb, kPlanes };

struct VideoFormat {
  Size size;
  FrameRate fps;
  VideoCodec codec = VideoCodec::kH264;
  int crf = 18;                           // less is better and larger; not used by kFfv1
  std::optional<SoundFormat> sound = {};  // of a stream beside the pictures
  FramePixels pixels = FramePixels::kRgb;

  // Of one frame as it is handed over.
  size_t frame_bytes() const {
    const auto rgb = static_cast<size_t>(size.pixels()) * 3;
    return pixels == FramePixels::kRgb ? rgb : rgb / 2;
  }
};

// "h264", "hevc", "av1", "ffv1".
const char* codec_name(VideoCodec codec);

// The codecs this build can write; empty without FFmpeg.
std::vector<VideoCodec> available_codecs();

// The codec of a name that this build can write; throws Error(kConfig) that names those it has.
VideoCodec parse_codec(std::string_view name);

// The same against a list, so that it can be tested with any build.
VideoCodec parse_codec(std::string_view name, const std::vector<VideoCodec>& available);

// Everything about a video file that can be known before there is a frame: the build, the codec and
// what `path` ends in (.mp4, .mkv), crf, even sizes, rate, and that the folder is there and can be
// written to. Throws Error(kConfig), for the folder Error(kIo), one line for each violation.
void check_video(const std::filesystem::path& path, const VideoFormat& format);

// The folder of `path` exists and can be written to, and `path` is no folder; throws Error(kIo).
void check_writable(const std::filesystem::path& path);

}  // namespace kinema::media
