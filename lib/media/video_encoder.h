// Frames to packets of one video stream.
#pragma once

#include <cstdint>
#include <span>

#include "media/av.h"
#include "media/muxer.h"
#include "media/video_format.h"

namespace kinema::media {

// The FFmpeg encoder that stands for a codec here; null if the build has none.
const AVCodec* encoder_of(VideoCodec codec);

// Converts RGB to limited-range BT.709 4:2:0 (ffv1: keeps it), encodes, hands packets to the muxer,
// which must outlive this and not have been started. Throws Error(kIo) naming the muxer's file.
class VideoEncoder {
 public:
  VideoEncoder(Muxer& muxer, const VideoFormat& format);

  // The next frame, as the format says.
  void encode(std::span<const uint8_t> pixels);
  // No frame follows.
  void finish();

 private:
  void open(const VideoFormat& format);
  void drain();

  Muxer& muxer_;
  AvCodecContext context_;
  AvScaler scaler_;  // null: frames come as the encoder takes them
  AvFrame frame_;
  AvPacket packet_;
  AVStream* stream_ = nullptr;  // the muxer's
  int64_t index_ = 0;
};

}  // namespace kinema::media
