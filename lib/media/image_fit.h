// How a picture of any size becomes the first frame: the reference's sizes and cuts, and two other
// ways.
#pragma once

#include <string>

#include "media/image.h"
#include "media/resample.h"

namespace kinema::media {

// kCrop fills the frame and cuts evenly what stands over (the reference's way); kPad shows all of
// the picture between black bars; kStretch gives up its aspect ratio.
enum class Fit { kCrop, kPad, kStretch };

// Where the scaled picture lies: at (left, top) of the frame, negative where it is cut.
struct Placement {
  Size scaled;
  int left = 0;
  int top = 0;
};

// Rounds as diffusers' _resize_and_crop and _resize_and_fill do. Sizes must be positive.
Placement placement(Size picture, Size frame, Fit fit);

// `picture` scaled with `filter` (the reference: Lanczos) onto a black frame.
Image fitted(const Image& picture, Size frame, Fit fit, Filter filter = Filter::kLanczos);

// What `fitted` does, for a note: "1000x750 scaled to 725x544 and cut to 720x544".
std::string fit_description(Size picture, Size frame, Fit fit);

}  // namespace kinema::media
