// Pictures of every kind have the pixels that the reference's loader gives.
#include "media/image_file.h"

#include <catch2/catch.hpp>

#include "base/error.h"
#include "media/files.h"

using namespace kinema::media;
using Catch::Contains;

TEST_CASE("pixels are those of diffusers' load_image") {
  size_t pictures = 0;
  for (const auto& entry : fs::directory_iterator(data_file("loaded"))) {
    if (entry.path().extension() == ".ppm") continue;
    auto pixels = entry.path();
    CAPTURE(pixels.filename());
    const Image expected = read_ppm(pixels.replace_extension(".ppm"));
    CHECK(largest_difference(read_image(entry.path()), expected) == 0);
    ++pictures;
  }
  CHECK(pictures >= 35);
}

TEST_CASE("16-bit greyscale is clipped at 255, as Pillow does") {
  const Image image = read_image(data_file("grey_16bit.png"));
  REQUIRE(image.size == Size{16, 2});
  for (int x = 0; x < 16; ++x) {
    // The first row holds 200, 4296, …, the second 65535, 61439, …
    CHECK(int{image.row(0)[3 * x]} == (x == 0 ? 200 : 255));
    CHECK(int{image.row(1)[3 * x + 2]} == 255);
  }
}

TEST_CASE("damaged and unreadable pictures are refused by name") {
  auto [name, why] = GENERATE(table<std::string, std::string>({
      {"broken_checksum.png", "is damaged or no PNG that can be read"},
      {"cmyk.jpg", "is a JPEG in CMYK colours"},
      {"empty.png", "is empty"},
  }));
  const auto path = data_file("refused/" + name);
  CHECK_THROWS_WITH(read_image(path), Contains(path.string() + ": ") && Contains(why));
}

TEST_CASE("a picture whose data ends before its last row is damaged") {
  Folder folder;
  const std::string name = GENERATE("rgb.png", "jpeg_4x2x0.jpg", "jpeg_progressive.jpg",
                                    "webp_lossy.webp", "webp_lossless.webp");
  auto bytes = bytes_of(data_file("loaded/" + name));
  // Out of the middle, so that beginning and end look right.
  const auto middle = bytes.begin() + static_cast<ptrdiff_t>(bytes.size() / 2);
  bytes.erase(middle, middle + static_cast<ptrdiff_t>(bytes.size() / 4));
  const auto path = folder.path / name;
  write_bytes(path, bytes);
  CAPTURE(name);
  CHECK_THROWS_AS(read_image(path), kinema::Error);
}
