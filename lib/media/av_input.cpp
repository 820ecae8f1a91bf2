// libavformat's demuxers and libavcodec's decoders.
#include "media/av_input.h"

namespace kinema::media {

AvInput open_input(const std::string& name) {
  quiet_av();
  AVFormatContext* context = nullptr;
  av_check(avformat_open_input(&context, av_url(name).c_str(), nullptr, nullptr), name,
           "cannot be read as a video");
  AvInput input(context);
  av_check(avformat_find_stream_info(context, nullptr), name, "cannot be read as a video");
  return input;
}

AvCodecContext open_decoder(const AVStream& stream, const AVCodec* codec, const std::string& name) {
  AvCodecContext context(av_made(avcodec_alloc_context3(codec), "a decoder"));
  av_check(avcodec_parameters_to_context(context.get(), stream.codecpar), name,
           "cannot be decoded");
  context->pkt_timebase = stream.time_base;  // or samples in front cannot be taken off
  av_check(avcodec_open2(context.get(), codec, nullptr), name, "cannot be decoded");
  return context;
}

int64_t sound_length(const AVStream& stream) {
  if (stream.duration == AV_NOPTS_VALUE) return 0;
  return av_rescale_q(stream.duration, stream.time_base, {1, stream.codecpar->sample_rate});
}

bool feed_decoder(AVFormatContext& input,
                  const AVStream& stream,
                  AVCodecContext& decoder,
                  AVPacket& packet,
                  const std::string& name) {
  for (;;) {
    const int code = av_read_frame(&input, &packet);
    const bool ended = code == AVERROR_EOF;
    if (!ended) av_check(code, name, "cannot be read");
    if (!ended && packet.stream_index != stream.index) {
      av_packet_unref(&packet);
      continue;
    }
    const int sent = avcodec_send_packet(&decoder, ended ? nullptr : &packet);
    av_packet_unref(&packet);
    av_check(sent, name, "cannot be decoded");
    return !ended;
  }
}

}  // namespace kinema::media
