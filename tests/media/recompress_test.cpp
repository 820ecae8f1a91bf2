// A picture through a video codec stays that picture, with the codec's losses.
#include "media/recompress.h"

#include <catch2/catch.hpp>

#include "base/error.h"
#include "media/files.h"

using namespace kinema::media;

namespace {

// Mean of the squared differences; `got` may have lost a row or a column.
double error(const Image& got, const Image& want) {
  double sum = 0;
  for (int y = 0; y < got.size.height; ++y) {
    for (int x = 0; x < 3 * got.size.width; ++x) {
      const double difference = static_cast<double>(got.row(y)[x]) - want.row(y)[x];
      sum += difference * difference;
    }
  }
  return sum / (3.0 * static_cast<double>(got.size.pixels()));
}

Image gradient(Size size) {
  Image image(size);
  for (int y = 0; y < size.height; ++y) {
    for (int x = 0; x < size.width; ++x) {
      image.row(y)[3 * x] = static_cast<uint8_t>(40 + 2 * x);
      image.row(y)[3 * x + 1] = static_cast<uint8_t>(200 - 2 * y);
      image.row(y)[3 * x + 2] = 90;
    }
  }
  return image;
}

}  // namespace

TEST_CASE("a smooth picture survives compression, the better the lower its crf") {
  const auto picture = gradient({65, 49});
  const auto fine = recompressed(picture, 5), coarse = recompressed(picture, 45);
  CHECK(fine.size == Size{64, 48});
  CHECK(error(fine, picture) < 6);
  CHECK(error(coarse, picture) > 2 * error(fine, picture));
  CHECK(error(coarse, picture) < 300);
  CHECK(recompressed(picture, 33).rgb == recompressed(picture, 33).rgb);
}

TEST_CASE("pictures of any width are compressed within their memory") {
  for (int width : {34, 50, 66, 90, 106}) {
    INFO(width);
    const auto picture = gradient({width, 79});
    CHECK(error(recompressed(picture, 5), picture) < 6);
  }
}

TEST_CASE("a picture without an even part is refused") {
  CHECK_THROWS_AS(recompressed(gradient({1, 9}), 33), kinema::Error);
}
