// Planes that are made where the pixels are against those that libswscale makes of RGB on the host:
// the same bytes, so that files do not tell which of the two made them.
#include "nn/pixel_planes.h"

#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/randint.h>
#include <catch2/catch.hpp>

#include "media/colour_conversion.h"
#include "media/video_writer.h"
#include "support/temp_folder.h"

using namespace kinema;

namespace {

// [1, H, W, 3]: noise of `levels` levels from black to white.
at::Tensor noise(media::Size size, int levels, uint64_t seed) {
  const auto generator = at::detail::createCPUGenerator(seed);
  return at::randint(0, levels, {1, size.height, size.width, 3}, generator,
                     at::TensorOptions(at::kInt))
      .mul_(255 / (levels - 1))
      .to(at::kByte);
}

// [1, 3 H / 2, W].
at::Tensor by_swscale(const at::Tensor& rgb) {
  const int height = static_cast<int>(rgb.size(1)), width = static_cast<int>(rgb.size(2));
  const auto scaler = media::scaler_from_rgb({width, height}, AV_PIX_FMT_YUV420P);
  media::AvFrame frame(av_frame_alloc());
  frame->format = AV_PIX_FMT_YUV420P;
  frame->width = width;
  frame->height = height;
  REQUIRE(av_frame_get_buffer(frame.get(), 0) == 0);
  media::convert(scaler, rgb.const_data_ptr<uint8_t>(), *frame);
  const auto planes = at::empty({1, height * 3 / 2, width}, at::kByte);
  auto* to = planes.mutable_data_ptr<uint8_t>();
  for (int plane = 0; plane < 3; ++plane) {
    const int part = plane == 0 ? 1 : 2;
    for (int y = 0; y < height / part; ++y, to += width / part)
      std::copy_n(frame->data[plane] + y * frame->linesize[plane], width / part, to);
  }
  return planes;
}

std::vector<char> bytes_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

TEST_CASE("Planes are libswscale's, byte for byte", "[pixels]") {
  const auto size =
      GENERATE(media::Size{16, 16}, media::Size{18, 22}, media::Size{34, 16}, media::Size{96, 64},
               media::Size{254, 130}, media::Size{256, 144}, media::Size{848, 480});
  for (int levels : {2, 4, 256}) {
    const auto rgb = noise(size, levels, static_cast<uint64_t>(size.pixels() + levels));
    CAPTURE(media::to_string(size), levels);
    CHECK(at::equal(nn::PixelPlanes()(rgb), by_swscale(rgb)));
  }
  // Slopes from one side to the other, as pictures have them.
  auto slope = at::empty({1, size.height, size.width, 3}, at::kByte);
  auto* at = slope.mutable_data_ptr<uint8_t>();
  for (int y = 0; y < size.height; ++y) {
    for (int x = 0; x < size.width; ++x, at += 3) {
      at[0] = static_cast<uint8_t>(255 * x / (size.width - 1));
      at[1] = static_cast<uint8_t>(255 * y / (size.height - 1));
      at[2] = static_cast<uint8_t>((at[0] + at[1]) / 2);
    }
  }
  CHECK(at::equal(nn::PixelPlanes()(slope), by_swscale(slope)));
}

TEST_CASE("Every colour has libswscale's brightness", "[pixels]") {
  // 2^24 colours in 16 pictures.
  for (int part = 0; part < 16; ++part) {
    auto rgb = at::empty({1, 1024, 1024, 3}, at::kByte);
    auto* at = rgb.mutable_data_ptr<uint8_t>();
    for (int i = part << 20; i < (part + 1) << 20; ++i, at += 3) {
      at[0] = static_cast<uint8_t>(i >> 16);
      at[1] = static_cast<uint8_t>(i >> 8);
      at[2] = static_cast<uint8_t>(i);
    }
    CHECK(at::equal(nn::PixelPlanes()(rgb), by_swscale(rgb)));
  }
}

TEST_CASE("A video of planes is the video of their RGB, to the byte", "[pixels]") {
  test::TempFolder folder;
  const auto codec = GENERATE(media::VideoCodec::kH264, media::VideoCodec::kHevc);
  media::VideoFormat format{.size = {98, 66}, .fps = {}, .codec = codec, .crf = 4};
  auto written = [&](media::FramePixels pixels) {
    format.pixels = pixels;
    const auto path = folder / "video.mp4";
    media::VideoWriter writer(path, format, "");
    for (uint64_t f = 0; f < 5; ++f) {
      const auto rgb = noise(format.size, 256, f);
      const auto frame = pixels == media::FramePixels::kRgb ? rgb : nn::PixelPlanes()(rgb);
      CHECK_THROWS_WITH(writer.frame({frame.const_data_ptr<uint8_t>(), 5}),
                        Catch::Contains("a frame of 5 bytes is not 98x66"));
      writer.frame({frame.const_data_ptr<uint8_t>(), static_cast<size_t>(frame.numel())});
    }
    writer.commit();
    return bytes_of(path);
  };
  const auto rgb = written(media::FramePixels::kRgb), planes = written(media::FramePixels::kPlanes);
  CHECK(rgb.size() > 10'000);
  CHECK(rgb == planes);
}

TEST_CASE("A lossless video takes no planes", "[pixels]") {
  test::TempFolder folder;
  const media::VideoFormat format{.size = {96, 64},
                                  .fps = {},
                                  .codec = media::VideoCodec::kFfv1,
                                  .pixels = media::FramePixels::kPlanes};
  CHECK_THROWS_WITH(media::VideoWriter(folder / "video.mkv", format, ""), "ffv1 takes RGB only");
}
