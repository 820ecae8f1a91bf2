// libswscale set to its accurate paths.
#include "media/colour_conversion.h"

extern "C" {
#include <libavutil/opt.h>
#include <libavutil/pixdesc.h>
}

#include "base/error.h"

namespace kinema::media {
namespace {

constexpr int kFlags =
    SWS_BICUBIC | SWS_ACCURATE_RND | SWS_BITEXACT | SWS_FULL_CHR_H_INT | SWS_FULL_CHR_H_INP;

bool is_rgb(AVPixelFormat format) {
  return (av_pix_fmt_desc_get(format)->flags & AV_PIX_FMT_FLAG_RGB) != 0;
}

struct Side {
  AVPixelFormat format;
  int matrix = SWS_CS_ITU709;
  bool full_range = true;
};

AvScaler made_scaler(Size size, const Side& from, const Side& to) {
  AvScaler scaler(av_made(sws_alloc_context(), "a colour converter"));
  auto set = [&](const char* key, int64_t value) { av_opt_set_int(scaler.get(), key, value, 0); };
  set("srcw", size.width);
  set("srch", size.height);
  set("dstw", size.width);
  set("dsth", size.height);
  set("src_format", from.format);
  set("dst_format", to.format);
  set("sws_flags", kFlags);
  // In 1/256 of a pixel: chroma of 4:2:0 lies at the left of its pixels and between their rows.
  set("src_h_chr_pos", 0);
  set("dst_h_chr_pos", 0);
  set("src_v_chr_pos", is_rgb(from.format) ? 0 : 128);
  set("dst_v_chr_pos", is_rgb(to.format) ? 0 : 128);
  if (sws_init_context(scaler.get(), nullptr, nullptr) < 0 ||
      sws_setColorspaceDetails(scaler.get(), sws_getCoefficients(from.matrix), from.full_range,
                               sws_getCoefficients(to.matrix), to.full_range, 0, 1 << 16,
                               1 << 16) < 0) {
    throw Error(ErrorKind::kInternal, std::string("no conversion from ") +
                                          av_get_pix_fmt_name(from.format) + " to " +
                                          av_get_pix_fmt_name(to.format));
  }
  return scaler;
}

}  // namespace

AvScaler scaler_from_rgb(Size size, AVPixelFormat format) {
  return made_scaler(size, {AV_PIX_FMT_RGB24}, {format, SWS_CS_ITU709, is_rgb(format)});
}

AvScaler scaler_to_rgb(const AVFrame& frame) {
  const auto format = static_cast<AVPixelFormat>(frame.format);
  const bool full = is_rgb(format) || frame.color_range == AVCOL_RANGE_JPEG;
  const bool named = frame.colorspace != AVCOL_SPC_UNSPECIFIED && !is_rgb(format);
  const int matrix = named ? static_cast<int>(frame.colorspace) : SWS_CS_ITU709;
  return made_scaler({frame.width, frame.height}, {format, matrix, full}, {AV_PIX_FMT_RGB24});
}

void convert(const AvScaler& scaler, const uint8_t* rgb, AVFrame& to) {
  const uint8_t* planes[] = {rgb, nullptr, nullptr, nullptr};
  const int strides[] = {to.width * 3, 0, 0, 0};
  sws_scale(scaler.get(), planes, strides, 0, to.height, to.data, to.linesize);
}

void convert(const AvScaler& scaler, const AVFrame& from, uint8_t* rgb) {
  uint8_t* planes[] = {rgb, nullptr, nullptr, nullptr};
  const int strides[] = {from.width * 3, 0, 0, 0};
  sws_scale(scaler.get(), from.data, from.linesize, 0, from.height, planes, strides);
}

}  // namespace kinema::media
