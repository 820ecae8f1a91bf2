// A build without FFmpeg writes PNG frames and says so of everything else.
#include <catch2/catch.hpp>

#include "base/error.h"
#include "media/files.h"
#include "media/image_file.h"
#include "media/png.h"
#include "media/sound_file.h"
#include "media/video_reader.h"
#include "media/video_writer.h"

using namespace kinema::media;
using Catch::Contains;

TEST_CASE("videos and pictures are refused with what to do instead") {
  CHECK(available_codecs().empty());
  CHECK_THROWS_WITH(VideoWriter("a.mp4", {{32, 16}, {24, 1}, VideoCodec::kH264, 18}, ""),
                    "this build has no FFmpeg and writes no video files");
  CHECK_THROWS_WITH(read_image(data_file("loaded/rgb.png")), Contains("this build has no FFmpeg"));
  CHECK_THROWS_WITH(VideoReader("a.mp4"), Contains("this build has no FFmpeg"));
  CHECK_THROWS_WITH(write_wav("a.wav", {}, WavSamples::kInt16),
                    Contains("this build has no FFmpeg"));
  CHECK_THROWS_WITH(read_sound("a.mp4"), Contains("this build has no FFmpeg"));
}

TEST_CASE("frames are PNG files of stored blocks") {
  const Image picture = read_ppm(data_file("stored.ppm"));
  CHECK(png_bytes(picture.size, picture.rgb) == bytes_of(data_file("stored.png")));
}
