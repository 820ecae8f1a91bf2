// The muxer and the demuxers of libavformat.
#include "media/sound_file.h"

#include <algorithm>

#include "base/error.h"
#include "media/av_input.h"
#include "media/muxer.h"
#include "media/sound_encoder.h"

namespace kinema::media {
namespace {

// Decodes one stream of sound into planes.
class SoundDecoder {
 public:
  SoundDecoder(AVFormatContext& input, const std::string& name)
      : input_(input),
        name_(name),
        frame_(av_made(av_frame_alloc(), "a frame")),
        packet_(av_made(av_packet_alloc(), "a packet")) {
    const AVCodec* codec = nullptr;
    const int index = av_find_best_stream(&input, AVMEDIA_TYPE_AUDIO, -1, -1, &codec, 0);
    stream_ = input.streams[av_check(index, name, "has no sound that can be decoded")];
    decoder_ = open_decoder(*stream_, codec, name);
    planes_.resize(static_cast<size_t>(decoder_->ch_layout.nb_channels));
  }

  Sound all() {
    while (feed_decoder(input_, *stream_, *decoder_, *packet_, name_)) take();
    take();
    Sound sound{{decoder_->sample_rate, decoder_->ch_layout.nb_channels}, {}};
    for (auto& plane : planes_)
      sound.samples.insert(sound.samples.end(), plane.begin(), plane.end());
    const auto length = sound_length(*stream_);
    return length > 0 ? fitted(sound, std::min(length, sound.length())) : sound;
  }

 private:
  void take() {
    for (;;) {
      const int code = avcodec_receive_frame(decoder_.get(), frame_.get());
      if (code == AVERROR(EAGAIN) || code == AVERROR_EOF) return;
      av_check(code, name_, "cannot be decoded");
      for (size_t c = 0; c < planes_.size(); ++c) append(planes_[c], static_cast<int>(c));
      begun_ = true;
    }
  }

  void append(std::vector<float>& plane, int channel) {
    const int64_t start = begun_ ? 0 : start_of_frame();
    plane.insert(plane.end(), static_cast<size_t>(std::max<int64_t>(0, start)), 0.0f);
    const int channels = decoder_->ch_layout.nb_channels;
    for (auto i = std::max<int64_t>(0, -start); i < frame_->nb_samples; ++i)
      plane.push_back(sample(channel, channels, i));
  }

  // The frame's first sample, counted from where the pictures begin.
  int64_t start_of_frame() const {
    if (frame_->pts == AV_NOPTS_VALUE) return 0;
    const AVRational sample{1, decoder_->sample_rate};
    return av_rescale_q(frame_->pts, stream_->time_base, sample) - pictures_start(sample);
  }

  // Some containers move everything back to make room for an encoder's delay.
  int64_t pictures_start(AVRational unit) const {
    const int index = av_find_best_stream(&input_, AVMEDIA_TYPE_VIDEO, -1, -1, nullptr, 0);
    if (index < 0 || input_.streams[index]->start_time == AV_NOPTS_VALUE) return 0;
    return av_rescale_q(input_.streams[index]->start_time, input_.streams[index]->time_base, unit);
  }

  float sample(int channel, int channels, int64_t i) const {
    switch (frame_->format) {
      case AV_SAMPLE_FMT_FLTP:
        return reinterpret_cast<const float*>(frame_->extended_data[channel])[i];
      case AV_SAMPLE_FMT_FLT:
        return reinterpret_cast<const float*>(frame_->data[0])[i * channels + channel];
      case AV_SAMPLE_FMT_S16:
        return static_cast<float>(
                   reinterpret_cast<const int16_t*>(frame_->data[0])[i * channels + channel]) /
               32768.0f;
      default:
        throw Error(ErrorKind::kIo,
                    name_ + ": its samples are neither float nor 16 bits, which is not read");
    }
  }

  AVFormatContext& input_;
  std::string name_;
  AvFrame frame_;
  AvPacket packet_;
  const AVStream* stream_ = nullptr;  // the input's
  AvCodecContext decoder_;
  std::vector<std::vector<float>> planes_;
  bool begun_ = false;
};

}  // namespace

void write_wav(const std::filesystem::path& path, const Sound& sound, WavSamples samples) {
  quiet_av();
  check_writable(path);
  Muxer muxer(path, "");
  SoundEncoder encoder(muxer, sound.format,
                       samples == WavSamples::kInt16 ? SoundCodec::kInt16 : SoundCodec::kFloat32);
  muxer.start();
  encoder.encode(sound);
  muxer.finish();
}

Sound read_sound(const std::filesystem::path& path) {
  const auto name = path.string();
  const auto input = open_input(name);
  return SoundDecoder(*input, name).all();
}

}  // namespace kinema::media
