// libavformat's demuxers and libavcodec's decoders.
#include "media/video_reader.h"

extern "C" {
#include <libavutil/pixdesc.h>
}

#include "base/error.h"
#include "media/av_input.h"
#include "media/colour_conversion.h"

namespace kinema::media {
namespace {

std::string text(const char* name) { return name != nullptr ? name : ""; }

std::optional<SoundInfo> sound_of(AVFormatContext& file) {
  const int index = av_find_best_stream(&file, AVMEDIA_TYPE_AUDIO, -1, -1, nullptr, 0);
  if (index < 0) return std::nullopt;
  const AVStream& stream = *file.streams[index];
  const AVCodecParameters& codec = *stream.codecpar;
  return SoundInfo{{codec.sample_rate, codec.ch_layout.nb_channels},
                   sound_length(stream),
                   text(avcodec_get_name(codec.codec_id)),
                   text(avcodec_profile_name(codec.codec_id, codec.profile))};
}

VideoInfo info_of(const AVFormatContext& file, const AVStream& stream) {
  const AVCodecParameters& codec = *stream.codecpar;
  VideoInfo info;
  info.size = {codec.width, codec.height};
  info.fps = {stream.avg_frame_rate.num, stream.avg_frame_rate.den};
  info.frames = stream.nb_frames;
  info.codec = text(avcodec_get_name(codec.codec_id));
  info.profile = text(avcodec_profile_name(codec.codec_id, codec.profile));
  info.pixel_format = text(av_get_pix_fmt_name(static_cast<AVPixelFormat>(codec.format)));
  info.matrix = text(av_color_space_name(codec.color_space));
  info.primaries = text(av_color_primaries_name(codec.color_primaries));
  info.transfer = text(av_color_transfer_name(codec.color_trc));
  info.range = text(av_color_range_name(codec.color_range));
  const auto* comment = av_dict_get(file.metadata, "comment", nullptr, 0);
  if (comment != nullptr) info.comment = comment->value;
  return info;
}

}  // namespace

class VideoReader::Impl {
 public:
  explicit Impl(const std::filesystem::path& path)
      : name_(path.string()),
        input_(open_input(name_)),
        frame_(av_made(av_frame_alloc(), "a frame")),
        packet_(av_made(av_packet_alloc(), "a packet")) {
    const AVCodec* codec = nullptr;
    const int index = av_find_best_stream(input_.get(), AVMEDIA_TYPE_VIDEO, -1, -1, &codec, 0);
    stream_ = input_->streams[av_check(index, name_, "has no video that can be decoded")];
    decoder_ = open_decoder(*stream_, codec, name_);
    info_ = info_of(*input_, *stream_);
    info_.sound = sound_of(*input_);
  }

  const VideoInfo& info() const { return info_; }

  std::optional<Image> next() {
    for (;;) {
      const int code = avcodec_receive_frame(decoder_.get(), frame_.get());
      if (code == AVERROR_EOF) return std::nullopt;
      if (code != AVERROR(EAGAIN)) {
        av_check(code, name_, "cannot be decoded");
        return picture();
      }
      feed_decoder(*input_, *stream_, *decoder_, *packet_, name_);
    }
  }

 private:
  Image picture() {
    if (!scaler_) scaler_ = scaler_to_rgb(*frame_);
    if (Size{frame_->width, frame_->height} != info_.size) {
      throw Error(ErrorKind::kIo, name_ + ": the size of its frames changes, which is not read");
    }
    Image image(info_.size);
    convert(scaler_, *frame_, image.rgb.data());
    return image;
  }

  std::string name_;
  AvInput input_;
  AVStream* stream_ = nullptr;  // the input's
  AvCodecContext decoder_;
  AvScaler scaler_;
  AvFrame frame_;
  AvPacket packet_;
  VideoInfo info_;
};

VideoReader::VideoReader(const std::filesystem::path& path) : impl_(std::make_unique<Impl>(path)) {}

VideoReader::~VideoReader() = default;

const VideoInfo& VideoReader::info() const { return impl_->info(); }

std::optional<Image> VideoReader::next() { return impl_->next(); }

}  // namespace kinema::media
