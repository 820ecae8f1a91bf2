// Muxer, encoders and the thread the pictures' runs in.
#include "media/video_writer.h"

#include <optional>
#include <utility>
#include <vector>

#include "base/error.h"
#include "media/frame_worker.h"
#include "media/muxer.h"
#include "media/sound_encoder.h"
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
      : format_(format),
        muxer_(checked(path, format), comment),
        encoder_(muxer_, format),
        worker_(kWaitingFrames, [this](const FrameBytes& pixels) { encoder_.encode(pixels); }) {
    if (format.sound) sound_encoder_.emplace(muxer_, *format.sound, SoundCodec::kAac);
    muxer_.start();
  }

  void sound(Sound sound) {
    if (sound_ || format_.sound != sound.format) {
      throw Error(ErrorKind::kInternal, "a sound of " + std::to_string(sound.format.rate) +
                                            " Hz is not what the video file was opened for");
    }
    sound_ = std::move(sound);
  }

  void frame(std::span<const uint8_t> pixels) {
    if (pixels.size() != format_.frame_bytes()) {
      const auto* kind = format_.pixels == FramePixels::kRgb ? " RGB" : " in planes";
      throw Error(ErrorKind::kInternal, "a frame of " + std::to_string(pixels.size()) +
                                            " bytes is not " + to_string(format_.size) + kind);
    }
    worker_.push(FrameBytes(pixels.begin(), pixels.end()));
    ++frames_;
  }

  void commit() {
    worker_.finish();
    encoder_.finish();
    if (sound_encoder_) {
      if (!sound_) throw Error(ErrorKind::kInternal, "the video file was given no sound");
      const auto length = samples_of(frames_, format_.fps, format_.sound->rate);
      sound_encoder_->encode(fitted(*sound_, length));
    }
    muxer_.finish();
  }

 private:
  VideoFormat format_;
  Muxer muxer_;
  VideoEncoder encoder_;
  std::optional<SoundEncoder> sound_encoder_;
  std::optional<Sound> sound_;
  int64_t frames_ = 0;
  FrameWorker worker_;  // last: its thread uses the above
};

VideoWriter::VideoWriter(const std::filesystem::path& path,
                         const VideoFormat& format,
                         const std::string& comment)
    : impl_(std::make_unique<Impl>(path, format, comment)) {}

VideoWriter::~VideoWriter() = default;

void VideoWriter::frame(std::span<const uint8_t> pixels) { impl_->frame(pixels); }

void VideoWriter::sound(Sound sound) { impl_->sound(std::move(sound)); }

void VideoWriter::commit() { impl_->commit(); }

}  // namespace kinema::media
