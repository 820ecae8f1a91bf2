// Headers give the upright size; what is no still picture is refused in one sentence.
#include "media/image_header.h"

#include <catch2/catch.hpp>

#include "base/error.h"
#include "media/files.h"
#include "media/image_file.h"

using namespace kinema::media;
using Catch::Contains;

TEST_CASE("the size is that of the picture as it is seen") {
  for (const auto& entry : fs::directory_iterator(data_file("loaded"))) {
    if (entry.path().extension() == ".ppm") continue;
    auto pixels = entry.path();
    CAPTURE(pixels);
    CHECK(image_size(entry.path()) == read_ppm(pixels.replace_extension(".ppm")).size);
  }
}

TEST_CASE("a file that ends early is refused wherever it ends") {
  const std::string name = GENERATE("rgb.png", "jpeg_exif_6.jpg", "webp_exif_5.webp");
  const auto whole = bytes_of(data_file("loaded/" + name));
  CHECK_NOTHROW(image_header(whole, name));
  for (size_t size = 0; size < whole.size(); ++size) {
    const std::vector<uint8_t> part(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(size));
    CAPTURE(size);
    REQUIRE_THROWS_AS(image_header(part, name), kinema::Error);
  }
}

TEST_CASE("what cannot be one still picture is named") {
  auto [name, why] = GENERATE(table<std::string, std::string>({
      {"animated.png", "is animated"},
      {"animated.webp", "is animated"},
      {"animated.gif", "is not a PNG, JPEG or WebP picture"},
      {"empty.png", "is empty"},
      {"huge.png", "20000x20000 is too large"},
      {"no_picture.png", "is not a PNG, JPEG or WebP picture"},
  }));
  const auto path = data_file("refused/" + name);
  CHECK_THROWS_WITH(image_size(path), Contains(path.string() + ": ") && Contains(why));
}

TEST_CASE("a file that is not there, a folder and a damaged EXIF block") {
  CHECK_THROWS_WITH(image_size("no/such.png"), "no/such.png: no such file");
  CHECK_THROWS_WITH(image_size(KINEMA_TEST_DATA), Contains("is a folder, not a picture"));
  const std::vector<uint8_t> damaged = {'E', 'x', 'i', 'f', 0, 0, 'I', 'I', '*', 0, 200, 0, 0, 0};
  CHECK_FALSE(exif_orientation(ByteView(damaged)).has_value());
}
