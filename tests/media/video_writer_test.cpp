// Videos are decoded again and compared with the frames they were made of.
#include "media/video_writer.h"

#include <algorithm>
#include <cmath>

#include <catch2/catch.hpp>
#include <signal.h>
#include <sys/resource.h>

#include "base/error.h"
#include "media/files.h"
#include "media/video_reader.h"

#ifdef __SANITIZE_ADDRESS__
// libx265 keeps its parameters when an encoder is closed.
extern "C" const char* __lsan_default_suppressions() { return "leak:libx265.so"; }
#endif

using namespace kinema::media;

namespace {

const Size kSize{96, 64};
const char* const kComment = R"({"prompt": "A \"sign\" – 晨光 🎬", "seed": 7})";

// Flat patches of saturated and pale colours, the same in every frame.
const std::vector<std::array<int, 3>> kPatches = {{255, 0, 0},     {0, 255, 0},   {0, 0, 255},
                                                  {255, 255, 255}, {0, 0, 0},     {128, 128, 128},
                                                  {200, 120, 40},  {30, 190, 220}};

// Patches above, a moving slope below.
Image picture(int index) {
  Image image(kSize);
  for (int y = 0; y < kSize.height; ++y) {
    for (int x = 0; x < kSize.width; ++x) {
      const auto& patch = kPatches[static_cast<size_t>(x / 12)];
      for (int c = 0; c < 3; ++c) {
        const double slope = 127 + 90 * std::sin((x + 2 * index + 20 * c) * 0.06 + y * 0.03);
        image.row(y)[3 * x + c] = static_cast<uint8_t>(y < 32 ? patch[c] : std::lround(slope));
      }
    }
  }
  return image;
}

void write_video(const fs::path& path,
                 const VideoFormat& format,
                 int frames,
                 const std::string& comment = kComment) {
  VideoWriter writer(path, format, comment);
  for (int i = 0; i < frames; ++i) writer.frame(picture(i).rgb);
  writer.commit();
}

std::vector<Image> frames_of(const fs::path& path) {
  VideoReader reader(path);
  std::vector<Image> frames;
  while (auto frame = reader.next()) frames.push_back(std::move(*frame));
  return frames;
}

// Of the slope below the patches: at their edges 4:2:0 must lose.
double psnr(const Image& a, const Image& b) {
  const auto first = static_cast<size_t>(36) * a.row_bytes();
  double sum = 0;
  for (size_t i = first; i < a.rgb.size(); ++i) sum += std::pow(int{a.rgb[i]} - int{b.rgb[i]}, 2);
  const auto count = static_cast<double>(a.rgb.size() - first);
  return 10 * std::log10(255.0 * 255.0 * count / std::max(sum, 1e-9));
}

// Mean of the inner part of a patch, where no neighbour's chroma reaches.
double patch_mean(const Image& image, int patch, int channel) {
  double sum = 0;
  for (int y = 8; y < 24; ++y) {
    for (int x = 4; x < 8; ++x) sum += image.row(y)[3 * (12 * patch + x) + channel];
  }
  return sum / 64;
}

class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    old_handler_ = ::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &old_);
    const rlimit limited{bytes, old_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limited);
  }
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &old_);
    ::signal(SIGXFSZ, old_handler_);
  }

 private:
  rlimit old_{};
  sighandler_t old_handler_ = nullptr;
};

}  // namespace

TEST_CASE("an MP4 holds the frames, the rate, the colours' tags and the comment") {
  Folder folder;
  const auto path = folder.path / "a: video.mp4";
  const auto fps = GENERATE(FrameRate{24, 1}, FrameRate{24000, 1001});
  write_video(path, {kSize, fps, VideoCodec::kH264, 12}, 13);
  CHECK(entries_in(folder.path) == 1);

  const VideoInfo info = VideoReader(path).info();
  CHECK(info.size == kSize);
  CHECK(info.fps == fps);
  CHECK(info.frames == 13);
  CHECK(info.codec == "h264");
  CHECK(info.profile == "High");
  CHECK(info.pixel_format == "yuv420p");
  CHECK(info.matrix == "bt709");
  CHECK(info.primaries == "bt709");
  CHECK(info.transfer == "bt709");
  CHECK(info.range == "tv");
  CHECK(info.comment == kComment);

  const auto frames = frames_of(path);
  REQUIRE(frames.size() == 13);
  for (int i = 0; i < 13; ++i) {
    CAPTURE(i);
    CHECK(psnr(frames[static_cast<size_t>(i)], picture(i)) > 30);
    for (int patch = 0; patch < 8; ++patch) {
      for (int c = 0; c < 3; ++c) {
        CAPTURE(patch, c);
        CHECK(std::abs(patch_mean(frames[static_cast<size_t>(i)], patch, c) -
                       kPatches[static_cast<size_t>(patch)][static_cast<size_t>(c)]) <= 2);
      }
    }
  }
}

TEST_CASE("the index stands before the pictures") {
  Folder folder;
  const auto path = folder.path / "a.mp4";
  write_video(path, {kSize, {24, 1}, VideoCodec::kH264, 18}, 5);
  const auto bytes = bytes_of(path);
  const std::string text(bytes.begin(), bytes.end());
  CHECK(text.find("moov") < text.find("mdat"));
}

TEST_CASE("the same frames give the same file") {
  Folder folder;
  const auto codec = GENERATE(VideoCodec::kH264, VideoCodec::kHevc, VideoCodec::kFfv1);
  const auto available = available_codecs();
  if (std::find(available.begin(), available.end(), codec) == available.end()) {
    WARN("skipped: this FFmpeg has no encoder for " << codec_name(codec));
    return;
  }
  for (const char* name : {"a.mkv", "b.mkv"}) {
    write_video(folder.path / name, {kSize, {24, 1}, codec, 18}, 20);
  }
  CHECK(bytes_of(folder.path / "a.mkv") == bytes_of(folder.path / "b.mkv"));
}

TEST_CASE("no comment, no tag") {
  Folder folder;
  write_video(folder.path / "a.mp4", {kSize, {24, 1}, VideoCodec::kH264, 18}, 1, "");
  CHECK(VideoReader(folder.path / "a.mp4").info().comment.empty());
}

TEST_CASE("every codec of the build gives its frames back") {
  Folder folder;
  for (VideoCodec codec : available_codecs()) {
    CAPTURE(codec_name(codec));
    const auto path = folder.path / (std::string(codec_name(codec)) + ".mkv");
    write_video(path, {kSize, {24, 1}, codec, 12}, 9);
    VideoReader reader(path);
    CHECK(reader.info().codec == codec_name(codec));
    CHECK(reader.info().comment == kComment);
    CHECK(reader.info().fps == FrameRate{24, 1});
    const auto frames = frames_of(path);
    REQUIRE(frames.size() == 9);
    for (int i = 0; i < 9; ++i) {
      CHECK(psnr(frames[static_cast<size_t>(i)], picture(i)) >
            (codec == VideoCodec::kFfv1 ? 120 : 28));
    }
  }
}

TEST_CASE("pictures that are narrower than an encoder's blocks are encoded") {
  Folder folder;
  for (VideoCodec codec : available_codecs()) {
    for (const Size size : {Size{48, 32}, Size{16, 16}, Size{48, 128}}) {
      CAPTURE(codec_name(codec), size.width, size.height);
      const auto path = folder.path / "narrow.mkv";
      {
        VideoWriter writer(path, {size, {24, 1}, codec, 18}, "");
        const std::vector<uint8_t> grey(static_cast<size_t>(3 * size.width * size.height), 128);
        for (int i = 0; i < 7; ++i) writer.frame(grey);
        writer.commit();
      }
      CHECK(frames_of(path).size() == 7);
      fs::remove(path);
    }
  }
}

TEST_CASE("without commit nothing is left and an older file stays") {
  Folder folder;
  const auto path = folder.path / "a.mp4";
  write_bytes(path, {'o', 'l', 'd'});
  {
    VideoWriter writer(path, {kSize, {24, 1}, VideoCodec::kH264, 18}, "");
    for (int i = 0; i < 5; ++i) writer.frame(picture(i).rgb);
  }
  CHECK(entries_in(folder.path) == 1);
  CHECK(bytes_of(path).size() == 3);
}

TEST_CASE("a disk that fills up is one sentence, and nothing is left") {
  Folder folder;
  const auto path = folder.path / "a.mkv";
  auto write_beyond = [&] {
    FileSizeLimit limit(20000);
    write_video(path, {kSize, {24, 1}, VideoCodec::kFfv1, 18}, 100);
  };
  CHECK_THROWS_WITH(write_beyond(), path.string() + ": cannot be written: File too large");
  CHECK(entries_in(folder.path) == 0);
}

TEST_CASE("a file that is no video is refused by name") {
  Folder folder;
  const auto path = folder.path / "a.mp4";
  write_bytes(path, {'n', 'o'});
  CHECK_THROWS_WITH(VideoReader(path),
                    Catch::StartsWith(path.string() + ": cannot be read as a video"));
}
