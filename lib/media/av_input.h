// Opening what is to be read; only sources that need FFmpeg include this.
#pragma once

#include <memory>
#include <string>

#include "media/av.h"

namespace kinema::media {

struct CloseInput {
  void operator()(AVFormatContext* context) const { avformat_close_input(&context); }
};
using AvInput = std::unique_ptr<AVFormatContext, CloseInput>;

// A file with its streams known. Throws Error(kIo) naming it.
AvInput open_input(const std::string& name);

// A decoder for a stream of `name`, ready to be fed.
AvCodecContext open_decoder(const AVStream& stream, const AVCodec* codec, const std::string& name);

// Samples per channel of a stream of sound, without an encoder's delay; 0 where the container does
// not tell (Matroska).
int64_t sound_length(const AVStream& stream);

// Gives `decoder` the next packet of `stream` that is read from `input` by way of `packet`; false,
// and the end, when there is none. Throws Error(kIo) naming `name`.
bool feed_decoder(AVFormatContext& input,
                  const AVStream& stream,
                  AVCodecContext& decoder,
                  AVPacket& packet,
                  const std::string& name);

}  // namespace kinema::media
