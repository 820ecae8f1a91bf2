// The integer arithmetic of libwebp's upsampling.c and yuv.h.
#include "media/webp_colours.h"

#include <algorithm>

namespace kinema::media {
namespace {

// The next sample beyond the nearest as seen from output pixel `p` of a halved axis. At the borders
// it is the nearest again, which gives what libwebp's special cases give.
int neighbour(int p, int count) {
  const int nearest = p >> 1;
  return std::clamp(p % 2 == 0 ? nearest - 1 : nearest + 1, 0, count - 1);
}

// One output row's worth of one chroma plane.
class ChromaRow {
 public:
  ChromaRow(Size size, const Plane& plane, int y)
      : count_((size.width + 1) / 2),
        near_(plane.row(y >> 1)),
        far_(plane.row(neighbour(y, (size.height + 1) / 2))) {}

  int at(int x) const {
    const int i = x >> 1, j = neighbour(x, count_);
    const int beside = near_[j], across = far_[i];
    const int all = near_[i] + beside + across + far_[j] + 8;
    return (((all + 2 * (beside + across)) >> 3) + near_[i]) >> 1;
  }

 private:
  int count_;
  const uint8_t* near_;
  const uint8_t* far_;
};

uint8_t clipped(int value) { return static_cast<uint8_t>(std::clamp(value >> 6, 0, 255)); }

void put_pixel(int y, int u, int v, uint8_t* rgb) {
  auto scaled = [](int value, int factor) { return value * factor >> 8; };
  const int luma = scaled(y, 19077);
  rgb[0] = clipped(luma + scaled(v, 26149) - 14234);
  rgb[1] = clipped(luma - scaled(u, 6419) - scaled(v, 13320) + 8708);
  rgb[2] = clipped(luma + scaled(u, 33050) - 17685);
}

}  // namespace

Image webp_colours(Size size, const std::array<Plane, 3>& planes) {
  Image image(size);
  for (int y = 0; y < size.height; ++y) {
    const ChromaRow u(size, planes[1], y), v(size, planes[2], y);
    const uint8_t* luma = planes[0].row(y);
    uint8_t* rgb = image.row(y);
    for (int x = 0; x < size.width; ++x, rgb += 3) put_pixel(luma[x], u.at(x), v.at(x), rgb);
  }
  return image;
}

}  // namespace kinema::media
