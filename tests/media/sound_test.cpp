// Sound beside pictures: written, read back, and heard when it should be.
#include "media/sound.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <catch2/catch.hpp>

#include "base/error.h"
#include "media/av_input.h"
#include "media/files.h"
#include "media/sound_file.h"
#include "media/sound_resample.h"
#include "media/video_reader.h"
#include "media/video_writer.h"

using namespace kinema::media;

namespace {

const Size kSize{64, 48};
constexpr int kAacFrame = 1024;

Sound silence(const SoundFormat& format, int64_t length) { return fitted({format, {}}, length); }

// A tone of another pitch in each channel.
Sound tones(const SoundFormat& format, int64_t length) {
  auto sound = silence(format, length);
  for (int c = 0; c < format.channels; ++c) {
    for (int64_t i = 0; i < length; ++i) {
      sound.channel(c)[i] = static_cast<float>(
          0.5 * std::sin(6.2831853 * (440 + 220 * c) * static_cast<double>(i) / format.rate));
    }
  }
  return sound;
}

Image flat(int level) {
  Image image(kSize);
  std::fill(image.rgb.begin(), image.rgb.end(), static_cast<uint8_t>(level));
  return image;
}

enum class Order { kSoundFirst, kSoundLast };

// Black frames but for a white one.
void write_flash(const fs::path& path,
                 const VideoFormat& format,
                 int frames,
                 int white,
                 const Sound& sound,
                 Order order) {
  VideoWriter writer(path, format, "");
  const bool has = format.sound.has_value();
  if (has && order == Order::kSoundFirst) writer.sound(sound);
  for (int i = 0; i < frames; ++i) writer.frame(flat(i == white ? 255 : 0).rgb);
  if (has && order == Order::kSoundLast) writer.sound(sound);
  writer.commit();
}

// The frame that is white.
int flash(const fs::path& path) {
  VideoReader reader(path);
  int at = -1, index = 0;
  for (; auto frame = reader.next(); ++index) {
    if (frame->rgb[0] > 200) at = index;
  }
  return at;
}

// The loudest sample of a channel.
int64_t click(const Sound& sound, int channel) {
  const auto* first = sound.channel(channel);
  const auto* loudest = std::max_element(
      first, first + sound.length(), [](float a, float b) { return std::abs(a) < std::abs(b); });
  return loudest - first;
}

// The longest time, in seconds, by which the packets of one stream run ahead of the other's in the
// order of the file.
double largest_gap(const fs::path& path) {
  const auto input = open_input(path.string());
  AvPacket packet(av_packet_alloc());
  double gap = 0;
  std::vector<double> last(2, 0.0);
  while (av_read_frame(input.get(), packet.get()) == 0) {
    const auto* stream = input->streams[packet->stream_index];
    last[static_cast<size_t>(packet->stream_index)] =
        static_cast<double>(packet->dts) * av_q2d(stream->time_base);
    gap = std::max(gap, std::abs(last[0] - last[1]));
    av_packet_unref(packet.get());
  }
  return gap;
}

double rms_difference(const Sound& a, const Sound& b, int channel, int64_t first, int64_t count) {
  double sum = 0;
  for (int64_t i = first; i < first + count; ++i)
    sum += std::pow(a.channel(channel)[i] - b.channel(channel)[i], 2);
  return std::sqrt(sum / static_cast<double>(count));
}

}  // namespace

TEST_CASE("samples last until the last picture ends") {
  CHECK(samples_of(121, {24, 1}, 24000) == 121000);
  CHECK(samples_of(121, {25, 1}, 48000) == 232320);
  CHECK(samples_of(1, {24000, 1001}, 48000) == 2002);
  CHECK(samples_of(1, {7, 1}, 24000) == 3429);  // 3428.57
  CHECK(samples_of(100000, {24000, 1001}, 96000) == 400400000);
  CHECK(samples_of(0, {24, 1}, 24000) == 0);
}

TEST_CASE("a click and a flash made together are found together") {
  Folder folder;
  const auto name = GENERATE("a.mp4", "a.mkv");
  const auto rate = GENERATE(24000, 48000, 44100);
  const auto fps = GENERATE(FrameRate{24, 1}, FrameRate{24000, 1001});
  const auto order = GENERATE(Order::kSoundFirst, Order::kSoundLast);
  CAPTURE(name, rate, fps.den, static_cast<int>(order));
  constexpr int kFrames = 49, kWhite = 31;
  const SoundFormat format{rate, 2};
  auto sound = silence(format, samples_of(kFrames, fps, rate));
  const auto when = samples_of(kWhite, fps, rate);
  for (int c = 0; c < 2; ++c) sound.channel(c)[when] = c == 0 ? 0.9f : -0.9f;

  const auto path = folder.path / name;
  write_flash(path, {kSize, fps, VideoCodec::kH264, 18, format}, kFrames, kWhite, sound, order);
  CHECK(entries_in(folder.path) == 1);
  CHECK(flash(path) == kWhite);
  const auto heard = read_sound(path);
  CHECK(heard.format == format);
  // Matroska counts milliseconds.
  const auto tolerance = path.extension() == ".mkv" ? rate / 1000 + 1 : 1;
  for (int c = 0; c < 2; ++c) CHECK(std::abs(click(heard, c) - when) <= tolerance);
  CHECK(std::abs(heard.length() - sound.length()) <= kAacFrame);
}

TEST_CASE("the file tells of its sound") {
  Folder folder;
  const auto path = folder.path / "a.mp4";
  const SoundFormat format{24000, 2};
  write_flash(path, {kSize, {24, 1}, VideoCodec::kH264, 18, format}, 25, 3, tones(format, 25000),
              Order::kSoundLast);
  const auto info = VideoReader(path).info();
  REQUIRE(info.sound);
  CHECK(info.sound->format == format);
  CHECK(info.sound->codec == "aac");
  CHECK(info.sound->profile == "LC");
  CHECK(info.sound->length == 25000);
  CHECK(info.frames == 25);
  CHECK(info.fps == FrameRate{24, 1});
}

TEST_CASE("tones keep their channel, and survive the encoder") {
  Folder folder;
  const auto path = folder.path / "a.mp4";
  const SoundFormat format{GENERATE(24000, 48000), 2};
  const auto sound = tones(format, 2 * format.rate);
  write_flash(path, {kSize, {24, 1}, VideoCodec::kH264, 18, format}, 48, 3, sound,
              Order::kSoundLast);
  const auto heard = read_sound(path);
  REQUIRE(heard.length() == sound.length());
  for (int c = 0; c < 2; ++c)
    CHECK(rms_difference(heard, sound, c, 4096, sound.length() - 8192) < 0.03);
}

TEST_CASE("sound that is too long or too short is as long as the pictures") {
  Folder folder;
  const auto path = folder.path / "a.mp4";
  const SoundFormat format{24000, 2};
  const auto given = GENERATE(int64_t{0}, int64_t{24240}, int64_t{26000});
  CAPTURE(given);
  write_flash(path, {kSize, {24, 1}, VideoCodec::kH264, 18, format}, 25, 3, tones(format, given),
              Order::kSoundLast);
  const auto heard = read_sound(path);
  REQUIRE(heard.length() == 25000);
  const auto kept = std::min<int64_t>(given, 25000);
  const auto want = fitted(tones(format, given), 25000);
  if (kept > 4096) CHECK(rms_difference(heard, want, 0, 2048, kept - 4096) < 0.01);
  if (kept < 24000) CHECK(rms_difference(heard, want, 1, kept + 512, 24400 - kept) < 0.01);
}

TEST_CASE("a rate that AAC does not know is changed, and the times stay") {
  Folder folder;
  const auto path = folder.path / "a.mp4";
  const SoundFormat format{20000, 1};
  auto sound = silence(format, 20000);
  sound.channel(0)[12345] = 0.9f;
  write_flash(path, {kSize, {20, 1}, VideoCodec::kH264, 18, format}, 20, 3, sound,
              Order::kSoundFirst);
  const auto heard = read_sound(path);
  CHECK(heard.format == SoundFormat{22050, 1});
  CHECK(heard.length() == 22050);
  CHECK(std::abs(static_cast<double>(click(heard, 0)) / 22050 - 12345.0 / 20000) < 1e-4);
}

TEST_CASE("changing the rate keeps a tone") {
  const auto sound = tones({24000, 2}, 6000);
  const auto changed = resampled(sound, 48000);
  REQUIRE(changed.length() == 12000);
  CHECK(changed.format == SoundFormat{48000, 2});
  CHECK(rms_difference(changed, tones({48000, 2}, 12000), 1, 500, 11000) < 0.01);
}

TEST_CASE("sound and pictures stand side by side in the file") {
  Folder folder;
  const auto path = folder.path / "a.mp4";
  const SoundFormat format{48000, 2};
  constexpr int kFrames = 12 * 24;  // longer than a muxer waits on its own
  write_flash(path, {kSize, {24, 1}, VideoCodec::kH264, 18, format}, kFrames, 3,
              tones(format, 12 * 48000), Order::kSoundLast);
  CHECK(largest_gap(path) < 1.0);
}

TEST_CASE("the same sound gives the same file") {
  Folder folder;
  const SoundFormat format{24000, 2};
  for (const auto& [name, order] :
       {std::pair{"a.mp4", Order::kSoundFirst}, std::pair{"b.mp4", Order::kSoundLast}}) {
    write_flash(folder.path / name, {kSize, {24, 1}, VideoCodec::kH264, 18, format}, 25, 3,
                tones(format, 25000), order);
  }
  CHECK(bytes_of(folder.path / "a.mp4") == bytes_of(folder.path / "b.mp4"));
}

TEST_CASE("WAV files hold floats as they are and 16 bits cut off") {
  Folder folder;
  const SoundFormat format{16001, 2};
  Sound sound{format, {0.1f, -0.99999f, 1.0f, 1.5f, 0.25f, -7.0f, 0.0f, 1.9f / 32767}};
  write_wav(folder.path / "f.wav", sound, WavSamples::kFloat32);
  const auto exact = read_sound(folder.path / "f.wav");
  CHECK(exact.format == format);
  auto clipped = sound.samples;
  for (auto& value : clipped) value = std::clamp(value, -1.0f, 1.0f);
  CHECK(exact.samples == clipped);
  write_wav(folder.path / "i.wav", sound, WavSamples::kInt16);
  const auto rough = read_sound(folder.path / "i.wav");
  const std::vector<int> levels = {3276, -32766, 32767, 32767, 8191, -32767, 0, 1};
  REQUIRE(rough.samples.size() == levels.size());
  for (size_t i = 0; i < levels.size(); ++i) CHECK(rough.samples[i] * 32768 == levels[i]);
  CHECK(entries_in(folder.path) == 2);
}

TEST_CASE("long WAV files are whole") {
  Folder folder;
  const auto sound = tones({48000, 2}, 100001);
  write_wav(folder.path / "a.wav", sound, WavSamples::kFloat32);
  CHECK(read_sound(folder.path / "a.wav").samples == sound.samples);
}

TEST_CASE("sound that cannot be read or written is refused by name") {
  Folder folder;
  const auto path = folder.path / "a.mp4";
  write_flash(path, {kSize, {24, 1}, VideoCodec::kH264, 18}, 3, 1, {}, Order::kSoundLast);
  CHECK_FALSE(VideoReader(path).info().sound);
  CHECK_THROWS_WITH(read_sound(path), Catch::StartsWith(path.string() + ": has no sound"));
  const auto nowhere = folder.path / "no" / "a.wav";
  CHECK_THROWS_WITH(write_wav(nowhere, tones({48000, 2}, 9), WavSamples::kInt16),
                    Catch::Contains(nowhere.parent_path().string()));
}
