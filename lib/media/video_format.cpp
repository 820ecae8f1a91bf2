// The rules of formats; which codecs there are is asked of the build.
#include "media/video_format.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <unistd.h>

#include "base/error.h"
#include "base/path_text.h"

namespace kinema::media {
namespace {

namespace fs = std::filesystem;

constexpr VideoCodec kCodecs[] = {VideoCodec::kH264, VideoCodec::kHevc, VideoCodec::kAv1,
                                  VideoCodec::kFfv1};

std::string names_of(const std::vector<VideoCodec>& codecs) {
  std::string names;
  for (VideoCodec codec : codecs) {
    names += (names.empty() ? "" : ", ") + std::string(codec_name(codec));
  }
  return names;
}

void require_available(std::string_view name,
                       VideoCodec codec,
                       const std::vector<VideoCodec>& available) {
  if (std::find(available.begin(), available.end(), codec) != available.end()) return;
  if (available.empty()) {
    throw Error(ErrorKind::kConfig, "this build has no FFmpeg and writes no video files",
                "--frames-dir DIR writes PNG frames; -DKINEMA_FFMPEG=ON builds with FFmpeg");
  }
  throw Error(ErrorKind::kConfig,
              "--codec " + std::string(name) +
                  ": the FFmpeg libraries of this build have no encoder for it",
              "--codec takes " + names_of(available) + " here");
}

std::string container_violation(const fs::path& path, VideoCodec codec) {
  const auto extension = lowered_extension(path);
  if (extension == ".mkv" || (extension == ".mp4" && codec != VideoCodec::kFfv1)) return {};
  return path.string() + ": " + codec_name(codec) + " video goes into " +
         (codec == VideoCodec::kFfv1 ? ".mkv" : ".mp4 or .mkv");
}

std::string crf_violation(VideoCodec codec, int crf) {
  // 0 would make H.264 and HEVC lossless, which is outside their usual profiles.
  const int low = codec == VideoCodec::kAv1 ? 0 : 1;
  const int high = codec == VideoCodec::kAv1 ? 63 : 51;
  if (codec == VideoCodec::kFfv1 || (crf >= low && crf <= high)) return {};
  return "--crf " + std::to_string(crf) + ": " + codec_name(codec) + " takes " +
         std::to_string(low) + " to " + std::to_string(high);
}

std::string size_violation(VideoCodec codec, Size size) {
  const bool odd = codec != VideoCodec::kFfv1 && (size.width % 2 != 0 || size.height % 2 != 0);
  if (size.width > 0 && size.height > 0 && !odd) return {};
  return to_string(size) + ": " + codec_name(codec) + " video needs " +
         (odd ? "an even width and height" : "a positive width and height");
}

std::string rate_violation(FrameRate fps) {
  if (fps.num > 0 && fps.den > 0) return {};
  return std::to_string(fps.num) + "/" + std::to_string(fps.den) +
         " frames a second: both must be positive";
}

}  // namespace

const char* codec_name(VideoCodec codec) {
  switch (codec) {
    case VideoCodec::kH264:
      return "h264";
    case VideoCodec::kHevc:
      return "hevc";
    case VideoCodec::kAv1:
      return "av1";
    case VideoCodec::kFfv1:
      return "ffv1";
  }
  return "";
}

VideoCodec parse_codec(std::string_view name) { return parse_codec(name, available_codecs()); }

VideoCodec parse_codec(std::string_view name, const std::vector<VideoCodec>& available) {
  for (VideoCodec codec : kCodecs) {
    if (name != codec_name(codec)) continue;
    require_available(name, codec, available);
    return codec;
  }
  throw Error(ErrorKind::kConfig, "--codec " + std::string(name) + ": no such codec",
              "--codec takes " + names_of(available.empty()
                                              ? std::vector(std::begin(kCodecs), std::end(kCodecs))
                                              : available));
}

void check_writable(const fs::path& path) {
  auto folder = path.parent_path();
  if (folder.empty()) folder = ".";
  std::error_code ignored;
  if (!fs::is_directory(folder, ignored)) {
    throw Error(ErrorKind::kIo,
                path.string() + ": cannot be written: there is no folder " + folder.string());
  }
  if (fs::is_directory(path, ignored)) {
    throw Error(ErrorKind::kIo, path.string() + ": cannot be written: it is a folder");
  }
  if (::access(folder.c_str(), W_OK | X_OK) != 0) {
    throw Error(ErrorKind::kIo, path.string() + ": cannot be written: " + std::strerror(errno));
  }
}

void check_video(const fs::path& path, const VideoFormat& format) {
  require_available(codec_name(format.codec), format.codec, available_codecs());
  std::string violations;
  for (const auto& violation :
       {container_violation(path, format.codec), crf_violation(format.codec, format.crf),
        size_violation(format.codec, format.size), rate_violation(format.fps)}) {
    if (!violation.empty()) violations += (violations.empty() ? "" : "\n") + violation;
  }
  if (!violations.empty()) throw Error(ErrorKind::kConfig, violations);
  check_writable(path);
}

}  // namespace kinema::media
