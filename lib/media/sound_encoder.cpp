// libavcodec's encoders; times are counted in samples.
#include "media/sound_encoder.h"

#include <algorithm>
#include <cmath>
#include <iterator>

#include "media/sound_resample.h"

namespace kinema::media {
namespace {

constexpr int64_t kBitsPerSecond = 96000;  // of one channel
constexpr int64_t kPcmFrame = 4096;        // samples, where the codec does not say
constexpr float kInt16Scale = 32767.0f;

// The sampling frequencies of MPEG-4 audio.
constexpr int kAacRates[] = {7350,  8000,  11025, 12000, 16000, 22050, 24000,
                             32000, 44100, 48000, 64000, 88200, 96000};

int encoded_rate(SoundCodec codec, int rate) {
  if (codec != SoundCodec::kAac) return rate;
  const auto* known = std::lower_bound(std::begin(kAacRates), std::end(kAacRates), rate);
  return known == std::end(kAacRates) ? *std::prev(known) : *known;
}

AVCodecID codec_id(SoundCodec codec) {
  switch (codec) {
    case SoundCodec::kAac:
      return AV_CODEC_ID_AAC;
    case SoundCodec::kInt16:
      return AV_CODEC_ID_PCM_S16LE;
    case SoundCodec::kFloat32:
      return AV_CODEC_ID_PCM_F32LE;
  }
  return AV_CODEC_ID_NONE;
}

AVSampleFormat sample_format(SoundCodec codec) {
  switch (codec) {
    case SoundCodec::kAac:
      return AV_SAMPLE_FMT_FLTP;
    case SoundCodec::kInt16:
      return AV_SAMPLE_FMT_S16;
    case SoundCodec::kFloat32:
      return AV_SAMPLE_FMT_FLT;
  }
  return AV_SAMPLE_FMT_NONE;
}

AvFrame frame_for(const AVCodecContext& context, int64_t samples, const std::string& name) {
  AvFrame frame(av_made(av_frame_alloc(), "a frame of sound"));
  frame->format = context.sample_fmt;
  frame->nb_samples = static_cast<int>(samples);
  frame->sample_rate = context.sample_rate;
  av_check(av_channel_layout_copy(&frame->ch_layout, &context.ch_layout), name,
           "its sound cannot be encoded");
  av_check(av_frame_get_buffer(frame.get(), 0), name, "its sound cannot be encoded");
  return frame;
}

// Every `step`-th value from `out` on.
template <typename Value, typename Convert>
void fill(Value* out, int step, const float* in, int64_t count, Convert convert) {
  for (int64_t i = 0; i < count; ++i) out[i * step] = convert(std::clamp(in[i], -1.0f, 1.0f));
}

void fill_channel(AVFrame& frame, int channel, const float* in) {
  const int channels = frame.ch_layout.nb_channels;
  const auto same = [](float value) { return value; };
  const auto cut = [](float value) { return static_cast<int16_t>(value * kInt16Scale); };
  if (frame.format == AV_SAMPLE_FMT_FLTP) {
    fill(reinterpret_cast<float*>(frame.extended_data[channel]), 1, in, frame.nb_samples, same);
  } else if (frame.format == AV_SAMPLE_FMT_FLT) {
    fill(reinterpret_cast<float*>(frame.data[0]) + channel, channels, in, frame.nb_samples, same);
  } else {
    fill(reinterpret_cast<int16_t*>(frame.data[0]) + channel, channels, in, frame.nb_samples, cut);
  }
}

}  // namespace

SoundEncoder::SoundEncoder(Muxer& muxer, const SoundFormat& format, SoundCodec codec)
    : muxer_(muxer), packet_(av_made(av_packet_alloc(), "a packet")) {
  const AVCodec* encoder = avcodec_find_encoder(codec_id(codec));
  context_.reset(av_made(avcodec_alloc_context3(encoder), "a sound encoder"));
  context_->sample_fmt = sample_format(codec);
  context_->sample_rate = encoded_rate(codec, format.rate);
  context_->time_base = {1, context_->sample_rate};
  av_channel_layout_default(&context_->ch_layout, format.channels);
  if (codec == SoundCodec::kAac) context_->bit_rate = kBitsPerSecond * format.channels;
  context_->flags |= AV_CODEC_FLAG_BITEXACT;
  if (muxer_.wants_global_header()) context_->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
  AvOptions options;
  // What sounds like noise is not replaced by other noise: there are bits enough for it.
  if (codec == SoundCodec::kAac) options.set("aac_pns", "0");
  av_check(avcodec_open2(context_.get(), encoder, options.pointer()), muxer_.name(),
           "its sound encoder cannot be opened");
  stream_ = muxer_.add_stream(*context_);
}

void SoundEncoder::encode(const Sound& sound) {
  if (sound.format.rate != context_->sample_rate) {
    encode(resampled(sound, context_->sample_rate));
    return;
  }
  const int64_t whole = context_->frame_size > 0 ? context_->frame_size : kPcmFrame;
  for (int64_t at = 0; at < sound.length(); at += whole)
    send(sound, at, std::min(whole, sound.length() - at));
  av_check(avcodec_send_frame(context_.get(), nullptr), muxer_.name(),
           "its sound cannot be encoded");
  drain();
}

void SoundEncoder::send(const Sound& sound, int64_t first, int64_t count) {
  const auto frame = frame_for(*context_, count, muxer_.name());
  frame->pts = first;
  for (int c = 0; c < sound.format.channels; ++c) fill_channel(*frame, c, sound.channel(c) + first);
  av_check(avcodec_send_frame(context_.get(), frame.get()), muxer_.name(),
           "its sound cannot be encoded");
  drain();
}

void SoundEncoder::drain() {
  for (;;) {
    const int code = avcodec_receive_packet(context_.get(), packet_.get());
    if (code == AVERROR(EAGAIN) || code == AVERROR_EOF) return;
    av_check(code, muxer_.name(), "its sound cannot be encoded");
    muxer_.write(*packet_, *stream_, context_->time_base);
  }
}

}  // namespace kinema::media
