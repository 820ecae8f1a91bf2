// Muxer, encoder and the thread they run in.
#include "media/video_writer.h"

#include <optional>
#include <vector>

#include "base/error.h"
#include "media/frame_worker.h"
#include "media/muxer.h"
#include "media/video_encoder.h"

namespace kinema::media {
namespace {

// Enough to even out what comes in bursts, little beside what an encoder holds itself.
constexpr size_t kWaitingFrames = 8;

// So that nothing is opened for a format that cannot be written.
const std::filesystem::path& checked(const std::filesystem::path& path, const VideoFormat& format) {
  quiet_av();
  check_video(path, format);
  return path;
}

}  // namespace

std::vector<VideoCodec> available_codecs() {
  std::vector<VideoCodec> codecs;
  for (auto codec : {VideoCodec::kH264, VideoCodec::kHevc, VideoCodec::kAv1, VideoCodec::kFfv1}) {
    if (encoder_of(codec) != nullptr) codecs.push_back(codec);
  }
  return codecs;
}

class VideoWriter::Impl {
 public:
  Impl(const std::filesystem::path& path, const VideoFormat& format, const std::string& comment)
      : size_(format.size),
        muxer_(checked(path, format), comment),
        encoder_(muxer_, format),
        worker_(kWaitingFrames, [this](const FrameBytes& rgb) { encoder_.encode(rgb); }) {
    muxer_.start();
  }

  void frame(std::span<const uint8_t> rgb) {
    if (rgb.size() != static_cast<size_t>(size_.pixels()) * 3) {
      throw Error(ErrorKind::kInternal, "a frame of " + std::to_string(rgb.size()) +
                                            " bytes is not " + to_string(size_) + " RGB");
    }
    worker_.push(FrameBytes(rgb.begin(), rgb.end()));
  }

  void commit() {
    worker_.finish();
    encoder_.finish();
    muxer_.finish();
  }

 private:
  Size size_;
  Muxer muxer_;
  VideoEncoder encoder_;
  FrameWorker worker_;  // last: its thread uses the above
};

VideoWriter::VideoWriter(const std::filesystem::path& path,
                         const VideoFormat& format,
                         const std::string& comment)
    : impl_(std::make_unique<Impl>(path, format, comment)) {}

VideoWriter::~VideoWriter() = default;

void VideoWriter::frame(std::span<const uint8_t> rgb) { impl_->frame(rgb); }

void VideoWriter::commit() { impl_->commit(); }

}  // namespace kinema::media
