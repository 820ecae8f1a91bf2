// Resampling equals Pillow's in every bit.
#include "media/resample.h"

#include <catch2/catch.hpp>

#include "media/files.h"

using namespace kinema::media;

TEST_CASE("scaled pictures are Pillow's") {
  const Image source = read_ppm(data_file("resample/source.ppm"));
  auto [name, filter, size] = GENERATE(table<std::string, Filter, Size>({
      {"lanczos_31x23", Filter::kLanczos, {31, 23}},
      {"lanczos_97x80", Filter::kLanczos, {97, 80}},
      {"lanczos_61x20", Filter::kLanczos, {61, 20}},
      {"lanczos_20x47", Filter::kLanczos, {20, 47}},
      {"lanczos_7x90", Filter::kLanczos, {7, 90}},
      {"lanczos_70x30", Filter::kLanczos, {70, 30}},
      {"bicubic_45x45", Filter::kBicubic, {45, 45}},
      {"bicubic_90x70", Filter::kBicubic, {90, 70}},
      {"bicubic_5x4", Filter::kBicubic, {5, 4}},
      {"bilinear_96x64", Filter::kBilinear, {96, 64}},
      {"bilinear_20x90", Filter::kBilinear, {20, 90}},
  }));
  CAPTURE(name);
  const Image expected = read_ppm(data_file("resample/" + name + ".ppm"));
  const Image got = resampled(source, size, filter);
  CHECK(largest_difference(got, expected) == 0);
}

TEST_CASE("a picture of the wanted size is not touched") {
  const Image source = read_ppm(data_file("resample/source.ppm"));
  CHECK(largest_difference(resampled(source, source.size, Filter::kLanczos), source) == 0);
}

TEST_CASE("a window of a scaled picture is that part of the whole") {
  const Image source = read_ppm(data_file("resample/source.ppm"));
  const Size target =
      GENERATE(Size{31, 23}, Size{50, 23}, Size{61, 80}, Size{90, 47}, Size{61, 47});
  const Window window{5, 7, {20, 11}};
  const Image whole = resampled(source, target, Filter::kLanczos);
  const Image part = resampled(source, target, Filter::kLanczos, window);
  REQUIRE(part.size == window.size);
  for (int y = 0; y < window.size.height; ++y) {
    const uint8_t* from = whole.row(window.top + y) + window.left * 3;
    REQUIRE(std::equal(part.row(y), part.row(y) + part.row_bytes(), from));
  }
}
