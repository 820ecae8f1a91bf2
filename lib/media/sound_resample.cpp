// All at once: what is written here is seconds long.
#include "media/sound_resample.h"

extern "C" {
#include <libavutil/channel_layout.h>
#include <libswresample/swresample.h>
}

#include <memory>
#include <vector>

#include "media/av.h"

namespace kinema::media {
namespace {

struct FreeResampler {
  void operator()(SwrContext* context) const { swr_free(&context); }
};
using AvResampler = std::unique_ptr<SwrContext, FreeResampler>;

constexpr const char* kName = "sound";

AvResampler resampler(const SoundFormat& format, int rate) {
  AVChannelLayout layout{};
  av_channel_layout_default(&layout, format.channels);
  SwrContext* context = nullptr;
  av_check(swr_alloc_set_opts2(&context, &layout, AV_SAMPLE_FMT_FLTP, rate, &layout,
                               AV_SAMPLE_FMT_FLTP, format.rate, 0, nullptr),
           kName, "its rate cannot be changed");
  AvResampler out(context);
  av_check(swr_init(context), kName, "its rate cannot be changed");
  return out;
}

}  // namespace

Sound resampled(const Sound& sound, int rate) {
  const auto context = resampler(sound.format, rate);
  const int64_t length = (sound.length() * rate + sound.format.rate - 1) / sound.format.rate;
  // The context gives back what it held when it is given nothing more.
  const int room = swr_get_out_samples(context.get(), static_cast<int>(sound.length())) + 1024;
  Sound all{{rate, sound.format.channels}, {}};
  all.samples.resize(static_cast<size_t>(room) * static_cast<size_t>(sound.format.channels));
  std::vector<const uint8_t*> in;
  std::vector<uint8_t*> out;
  for (int c = 0; c < sound.format.channels; ++c) {
    in.push_back(reinterpret_cast<const uint8_t*>(sound.channel(c)));
    out.push_back(reinterpret_cast<uint8_t*>(all.channel(c)));
  }
  const int made = av_check(
      swr_convert(context.get(), out.data(), room, in.data(), static_cast<int>(sound.length())),
      kName, "its rate cannot be changed");
  for (auto& plane : out) plane += static_cast<size_t>(made) * sizeof(float);
  av_check(swr_convert(context.get(), out.data(), room - made, nullptr, 0), kName,
           "its rate cannot be changed");
  return fitted(all, length);
}

}  // namespace kinema::media
