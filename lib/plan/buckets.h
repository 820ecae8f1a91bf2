// The sizes a HunyuanVideo 1.5 model was trained at, and which of them the reference takes for a
// shape.
#pragma once

#include <cstdint>
#include <vector>

namespace kinema::plan {

struct FrameSize {
  int64_t width = 0, height = 0;
  bool operator==(const FrameSize&) const = default;
};

// All sizes of about `target_size`² pixels, in the reference's order; sides are multiples of
// `multiple`, at most 4:1.
std::vector<FrameSize> buckets(int64_t target_size, int64_t multiple = 16);

// The reference's choice for a picture of `width` x `height` (or for that aspect): the nearest
// bucket that is not further from square, so that 16:9 at 640 is 848x480.
FrameSize bucket_for(int64_t width, int64_t height, int64_t target_size, int64_t multiple = 16);

}  // namespace kinema::plan
