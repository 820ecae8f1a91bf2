// A folder of frames appears whole, and only its frames are replaced.
#include "media/frame_folder.h"

#include <catch2/catch.hpp>

#include "base/error.h"
#include "media/files.h"
#include "media/image_file.h"

using namespace kinema::media;

namespace {

const Size kSize{20, 12};

Image picture(uint8_t seed) {
  Image image(kSize);
  for (size_t i = 0; i < image.rgb.size(); ++i) image.rgb[i] = static_cast<uint8_t>(i * 7 + seed);
  return image;
}

void write_frames(const fs::path& target, uint8_t count) {
  FrameFolder folder(target, kSize);
  for (uint8_t i = 0; i < count; ++i) folder.frame(picture(i).rgb);
  folder.commit();
}

}  // namespace

TEST_CASE("frames are numbered PNG files of the size given") {
  Folder folder;
  write_frames(folder.path / "frames/", 3);
  CHECK(entries_in(folder.path) == 1);
  CHECK(entries_in(folder.path / "frames") == 3);
  for (int i = 0; i < 3; ++i) {
    const auto file = folder.path / "frames" / ("frame_0000" + std::to_string(i) + ".png");
    CHECK(image_size(file) == kSize);
#ifdef KINEMA_FFMPEG
    CHECK(largest_difference(read_image(file), picture(static_cast<uint8_t>(i))) == 0);
#endif
  }
}

TEST_CASE("without commit nothing is left") {
  Folder folder;
  {
    FrameFolder frames(folder.path / "frames", kSize);
    frames.frame(picture(1).rgb);
    CHECK_FALSE(fs::exists(folder.path / "frames"));
  }
  CHECK(entries_in(folder.path) == 0);
}

TEST_CASE("in a folder with files only the frames change") {
  Folder folder;
  const auto target = folder.path / "frames";
  write_frames(target, 5);
  write_bytes(target / "notes.txt", {'x'});
  write_bytes(target / "frame_of_mind.png", {'y'});
  write_frames(target, 2);
  CHECK(entries_in(target) == 4);
  CHECK(fs::exists(target / "frame_00001.png"));
  CHECK_FALSE(fs::exists(target / "frame_00002.png"));
  CHECK(fs::exists(target / "notes.txt"));
  CHECK(fs::exists(target / "frame_of_mind.png"));
  CHECK(entries_in(folder.path) == 1);
}

TEST_CASE("a folder that cannot be made is named") {
  Folder folder;
  CHECK_THROWS_WITH(FrameFolder(folder.path / "missing" / "frames", kSize),
                    Catch::Contains("missing/frames: frames cannot be written: No such file"));
  write_bytes(folder.path / "file", {'x'});
  CHECK_THROWS_WITH(FrameFolder(folder.path / "file", kSize),
                    Catch::Contains("a file has this name"));
}
