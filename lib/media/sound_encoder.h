// Sound to packets of one stream.
#pragma once

#include <cstdint>

#include "media/av.h"
#include "media/muxer.h"
#include "media/sound.h"

namespace kinema::media {

// kAac is AAC-LC for MP4 and Matroska; the others are what WAV files hold.
enum class SoundCodec { kAac, kInt16, kFloat32 };

// Hands packets to the muxer, which must outlive this and not have been started. The first sample
// is heard at time 0: what an encoder puts in front of it is before. Throws Error(kIo) naming the
// muxer's file.
class SoundEncoder {
 public:
  SoundEncoder(Muxer& muxer, const SoundFormat& format, SoundCodec codec);

  // Encodes all of it. Once. Values beyond -1 and 1 are clipped; a rate that the codec does not
  // know is changed to the next higher one that it does.
  void encode(const Sound& sound);

 private:
  void send(const Sound& sound, int64_t first, int64_t count);
  void drain();

  Muxer& muxer_;
  AvCodecContext context_;
  AvPacket packet_;
  AVStream* stream_ = nullptr;  // the muxer's
};

}  // namespace kinema::media
