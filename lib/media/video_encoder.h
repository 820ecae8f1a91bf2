// RGB frames to packets of one video stream.
#pragma once

#include <cstdint>
#include <span>

#include "media/av.h"
#include "media/muxer.h"
#include "media/video_format.h"

namespace kinema::media {

// The FFmpeg encoder that stands for a codec here; null if the build has none.
const AVCodec* encoder_of(VideoCodec codec);

// Converts to limited-range BT.709 4:2:0 (ffv1: keeps RGB), encodes, hands packets to the muxer,
// which must outlive this and not have been started. Throws Error(kIo) naming the muxer's file.
class VideoEncoder {
 public:
  VideoEncoder(Muxer& muxer, const VideoFormat& format);

  // [H, W, 3]; the next frame.
  void encode(std::span<const uint8_t> rgb);
  // No frame follows.
  void finish();

 private:
  void open(const VideoFormat& format);
  void drain();

  Muxer& muxer_;
  AvCodecContext context_;
  AvScaler scaler_;
  AvFrame frame_;
  AvPacket packet_;
  AVStream* stream_ = nullptr;  // the muxer's
  int64_t index_ = 0;
};

}  // namespace kinema::media
