// What needs FFmpeg, in a build without it: refused with what to do instead.
#include "base/error.h"
#include "media/image_file.h"
#include "media/recompress.h"
#include "media/sound_file.h"
#include "media/video_format.h"
#include "media/video_reader.h"
#include "media/video_writer.h"

namespace kinema::media {
namespace {

constexpr const char* kHint = "-DKINEMA_FFMPEG=ON builds with FFmpeg";

}  // namespace

std::vector<VideoCodec> available_codecs() { return {}; }

Image decoded_image(std::span<const uint8_t>, const ImageHeader&, const std::string& name) {
  throw Error(ErrorKind::kConfig, name + ": this build has no FFmpeg and reads no pictures", kHint);
}

Image recompressed(const Image&, int) {
  throw Error(ErrorKind::kConfig, "this build has no FFmpeg and compresses no pictures",
              "--image-crf 0");
}

class VideoWriter::Impl {};

// check_video always throws here: there is no codec.
VideoWriter::VideoWriter(const std::filesystem::path& path,
                         const VideoFormat& format,
                         const std::string&) {
  check_video(path, format);
}
VideoWriter::~VideoWriter() = default;
void VideoWriter::frame(std::span<const uint8_t>) {}
void VideoWriter::sound(Sound) {}
void VideoWriter::commit() {}

void write_wav(const std::filesystem::path& path, const Sound&, WavSamples) {
  throw Error(ErrorKind::kConfig, path.string() + ": this build has no FFmpeg and writes no sound",
              kHint);
}

Sound read_sound(const std::filesystem::path& path) {
  throw Error(ErrorKind::kConfig, path.string() + ": this build has no FFmpeg and reads no sound",
              kHint);
}

class VideoReader::Impl {};

VideoReader::VideoReader(const std::filesystem::path& path) {
  throw Error(ErrorKind::kConfig, path.string() + ": this build has no FFmpeg and reads no videos",
              kHint);
}
VideoReader::~VideoReader() = default;
const VideoInfo& VideoReader::info() const {
  throw Error(ErrorKind::kInternal, "no video is open");
}
std::optional<Image> VideoReader::next() { return std::nullopt; }

}  // namespace kinema::media
