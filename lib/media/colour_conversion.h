// RGB to the encoder's pixels and back, in BT.709.
#pragma once

#include <cstdint>

#include "media/av.h"
#include "media/image.h"

namespace kinema::media {

// From full-range RGB24 to `format`: limited-range BT.709 if that is not RGB too.
AvScaler scaler_from_rgb(Size size, AVPixelFormat format);

// From a decoded frame's format to full-range RGB24, by the frame's own matrix and range.
AvScaler scaler_to_rgb(const AVFrame& frame);

// Runs a scaler of either kind over whole frames.
void convert(const AvScaler& scaler, const uint8_t* rgb, AVFrame& to);
void convert(const AvScaler& scaler, const AVFrame& from, uint8_t* rgb);

}  // namespace kinema::media
