// How 8-bit RGB becomes limited-range BT.709 in 4:2:0, in whole numbers. The bytes are those of
// libswscale's accurate path as media/colour_conversion.h sets it, for even sizes of 16 and more.
#pragma once

namespace kinema::kernels {

struct Yuv420 {
  // Of red, green and blue, in 1/2^15: what goes into the brightness and the two differences.
  int luma[3], blue[3], red[3];
  // The bicubic (B = 0, C = 0.6) stretched to every other pixel, from the third pixel before on;
  // beyond the picture its border repeats. Chroma lies on every other column (in 1/2^14) and
  // between two rows (in 1/2^12).
  int across[7], down[8];
};

constexpr Yuv420 kYuv420 = {{5983, 20127, 2032},
                            {-3298, -11094, 14392},
                            {14392, -13073, -1320},
                            {-614, 0, 4710, 8192, 4710, 0, -614},
                            {-58, -172, 492, 1786, 1786, 492, -172, -58}};
constexpr int kYuvBefore = 3;  // pixels

// Sums of weighted bytes have 15 binary places, of which 6 stay; then there are 7.
constexpr int kYuvSumShift = 9;
constexpr int kLumaZero = (16 << 15) + (1 << 8), kChromaZero = (128 << 15) + (1 << 8);
constexpr int kYuvMost = (1 << 15) - 1;
constexpr int kAcrossShift = 13;
constexpr int kDownShift = 19, kDownHalf = 1 << 18;
constexpr int kLumaShift = 7, kLumaHalf = 1 << 6;

}  // namespace kinema::kernels
