// Sizes, cuts and bars are the reference's.
#include "media/image_fit.h"

#include <catch2/catch.hpp>

#include "media/files.h"
#include "plan/buckets.h"

using namespace kinema::media;

TEST_CASE("the crop and SigLIP's view of it are the reference's") {
  auto [name, target] = GENERATE(table<std::string, int>(
      {{"61x47", 96}, {"30x77", 96}, {"200x20", 80}, {"15x140", 80}, {"64x64", 96}}));
  const std::string stem = "fit/" + name;
  const std::string made = stem + "_" + std::to_string(target);
  CAPTURE(made);
  const Image picture = read_ppm(data_file(stem + ".ppm"));
  const auto bucket = kinema::plan::bucket_for(picture.size.width, picture.size.height, target);
  const Size frame{static_cast<int>(bucket.width), static_cast<int>(bucket.height)};
  const Image crop = fitted(picture, frame, Fit::kCrop);
  CHECK(largest_difference(crop, read_ppm(data_file(made + "_crop.ppm"))) == 0);
  const Image seen = resampled(crop, {45, 45}, Filter::kBicubic);
  CHECK(largest_difference(seen, read_ppm(data_file(made + "_siglip.ppm"))) == 0);
}

TEST_CASE("padding shows all of the picture between even bars") {
  Image white({40, 20});
  std::fill(white.rgb.begin(), white.rgb.end(), uint8_t{255});
  const Image padded = fitted(white, {32, 32}, Fit::kPad);
  REQUIRE(padded.size == Size{32, 32});
  for (int y = 0; y < 32; ++y) {
    const bool inside = y >= 8 && y < 24;
    CAPTURE(y);
    CHECK(int{padded.row(y)[0]} == (inside ? 255 : 0));
    CHECK(int{padded.row(y)[95]} == (inside ? 255 : 0));
  }
  const Image tall = fitted(resampled(white, {20, 40}, Filter::kBicubic), {32, 32}, Fit::kPad);
  CHECK(int{tall.row(16)[7 * 3]} == 0);
  CHECK(int{tall.row(16)[8 * 3]} == 255);
}

TEST_CASE("what was done to a picture in words") {
  CHECK(fit_description({1000, 750}, {720, 544}, Fit::kCrop) ==
        "1000x750 scaled to 725x544 and cut to 720x544");
  CHECK(fit_description({1000, 750}, {720, 544}, Fit::kPad) ==
        "1000x750 scaled to 720x540 and set on black 720x544");
  CHECK(fit_description({1000, 750}, {720, 544}, Fit::kStretch) == "1000x750 scaled to 720x544");
  CHECK(fit_description({64, 64}, {64, 64}, Fit::kCrop) == "64x64");
}

TEST_CASE("a picture of one pixel's height can be cropped, padded and stretched") {
  const Image line({300, 1});
  for (Fit fit : {Fit::kCrop, Fit::kPad, Fit::kStretch}) {
    CHECK(fitted(line, {32, 16}, fit).size == Size{32, 16});
  }
}
