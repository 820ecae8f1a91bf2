// What a video file may be is said before any work.
#include "media/video_format.h"

#include <catch2/catch.hpp>

#include "base/error.h"
#include "media/files.h"

using namespace kinema::media;
using Catch::Contains;

namespace {

kinema::Error error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const kinema::Error& error) {
    return error;
  }
  FAIL("no error");
  throw std::logic_error("unreachable");
}

}  // namespace

TEST_CASE("a codec the build lacks is an error that names the others") {
  const std::vector<VideoCodec> two = {VideoCodec::kH264, VideoCodec::kFfv1};
  CHECK(parse_codec("ffv1", two) == VideoCodec::kFfv1);
  const auto missing = error_of([&] { parse_codec("av1", two); });
  CHECK(missing.kind() == kinema::ErrorKind::kConfig);
  CHECK(missing.what() ==
        std::string("--codec av1: the FFmpeg libraries of this build have no encoder for it"));
  CHECK(missing.hint() == "--codec takes h264, ffv1 here");
  CHECK(error_of([&] { parse_codec("x264", two); }).what() ==
        std::string("--codec x264: no such codec"));
  CHECK_THROWS_WITH(parse_codec("h264", std::vector<VideoCodec>{}), Contains("has no FFmpeg"));
}

#ifdef KINEMA_FFMPEG

TEST_CASE("all that is wrong with a format is said at once") {
  Folder folder;
  const auto error = error_of([&] {
    check_video(folder.path / "a.avi", {{33, 16}, {24, 0}, VideoCodec::kH264, 0});
  });
  CHECK(error.kind() == kinema::ErrorKind::kConfig);
  CHECK_THAT(error.what(), Contains("a.avi: h264 video goes into .mp4 or .mkv\n"));
  CHECK_THAT(error.what(), Contains("--crf 0: h264 takes 1 to 51\n"));
  CHECK_THAT(error.what(), Contains("33x16: h264 video needs an even width and height\n"));
  CHECK_THAT(error.what(), Contains("24/0 frames a second"));
}

TEST_CASE("lossless video goes into Matroska") {
  Folder folder;
  CHECK_THROWS_WITH(check_video(folder.path / "a.mp4", {{32, 16}, {24, 1}, VideoCodec::kFfv1, 18}),
                    Contains("a.mp4: ffv1 video goes into .mkv"));
  CHECK_NOTHROW(check_video(folder.path / "a.mkv", {{33, 15}, {24, 1}, VideoCodec::kFfv1, 18}));
}

TEST_CASE("a folder that is not there is found before any work") {
  Folder folder;
  const auto path = folder.path / "missing" / "a.mp4";
  const auto error = error_of([&] {
    check_video(path, {{32, 16}, {24, 1}, VideoCodec::kH264, 18});
  });
  CHECK(error.kind() == kinema::ErrorKind::kIo);
  CHECK(error.what() ==
        path.string() + ": cannot be written: there is no folder " + path.parent_path().string());
}

#endif
