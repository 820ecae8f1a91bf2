// Source: diffusers' apply_image_conditioning_crf. Colours are converted as PyAV does it: with
// libswscale's default matrix and bilinear chroma, both ways.
#include "media/recompress.h"

#include <algorithm>
#include <string>

#include "base/error.h"
#include "media/av.h"

namespace kinema::media {
namespace {

const std::string kName = "the picture";

AvScaler scaler(Size size, AVPixelFormat from, AVPixelFormat to) {
  return AvScaler(av_made(sws_getContext(size.width, size.height, from, size.width, size.height, to,
                                         SWS_BILINEAR, nullptr, nullptr, nullptr),
                          "a colour conversion"));
}

AvCodecContext opened_encoder(Size size, int crf) {
  const AVCodec* codec = avcodec_find_encoder_by_name("libx264");
  if (codec == nullptr) {
    throw Error(ErrorKind::kConfig, "this build's FFmpeg has no libx264 to compress pictures with",
                "--image-crf 0");
  }
  AvCodecContext context(av_made(avcodec_alloc_context3(codec), "a video encoder"));
  context->width = size.width;
  context->height = size.height;
  context->pix_fmt = AV_PIX_FMT_YUV420P;
  context->time_base = {1, 1};
  context->framerate = {1, 1};
  context->thread_count = 1;
  AvOptions options;
  options.set("crf", std::to_string(crf));
  options.set("preset", "veryfast");
  av_check(avcodec_open2(context.get(), codec, options.pointer()), kName,
           "its encoder cannot be opened");
  return context;
}

AvCodecContext opened_decoder() {
  const AVCodec* codec = avcodec_find_decoder(AV_CODEC_ID_H264);
  AvCodecContext context(av_made(avcodec_alloc_context3(codec), "a video decoder"));
  context->thread_count = 1;
  av_check(avcodec_open2(context.get(), codec, nullptr), kName, "its decoder cannot be opened");
  return context;
}

// With rows longer than the picture's: libswscale works in whole registers, beyond a row's end.
AvFrame made_frame(Size size, AVPixelFormat format) {
  AvFrame frame(av_made(av_frame_alloc(), "a frame"));
  frame->format = format;
  frame->width = size.width;
  frame->height = size.height;
  frame->pts = 0;
  av_check(av_frame_get_buffer(frame.get(), 0), kName, "cannot be converted");
  return frame;
}

AvFrame converted(const AvFrame& from, Size size, AVPixelFormat format) {
  auto to = made_frame(size, format);
  const auto convert = scaler(size, static_cast<AVPixelFormat>(from->format), format);
  sws_scale(convert.get(), from->data, from->linesize, 0, size.height, to->data, to->linesize);
  return to;
}

AvFrame in_encoder_colours(const Image& picture, Size size) {
  const auto rgb = made_frame(size, AV_PIX_FMT_RGB24);
  for (int y = 0; y < size.height; ++y)
    std::copy_n(picture.row(y), size.width * 3, rgb->data[0] + y * rgb->linesize[0]);
  return converted(rgb, size, AV_PIX_FMT_YUV420P);
}

// The one frame that comes out when `frame` goes in.
AvFrame through_codec(AvFrame frame, Size size, int crf) {
  const auto encoder = opened_encoder(size, crf);
  const auto decoder = opened_decoder();
  const AvPacket packet(av_made(av_packet_alloc(), "a packet"));
  // Nothing in the second place ends the video.
  const AVFrame* sent_frames[] = {frame.get(), nullptr};
  for (const AVFrame* sent : sent_frames) {
    av_check(avcodec_send_frame(encoder.get(), sent), kName, "cannot be encoded");
    while (avcodec_receive_packet(encoder.get(), packet.get()) == 0) {
      av_check(avcodec_send_packet(decoder.get(), packet.get()), kName, "cannot be decoded");
      av_packet_unref(packet.get());
    }
  }
  av_check(avcodec_send_packet(decoder.get(), nullptr), kName, "cannot be decoded");
  av_check(avcodec_receive_frame(decoder.get(), frame.get()), kName, "cannot be decoded");
  return frame;
}

}  // namespace

Image recompressed(const Image& picture, int crf) {
  quiet_av();
  const Size size{picture.size.width / 2 * 2, picture.size.height / 2 * 2};
  if (size.width == 0 || size.height == 0) {
    throw Error(ErrorKind::kIo, "the picture is too small to be compressed as video",
                "--image-crf 0");
  }
  const auto frame = through_codec(in_encoder_colours(picture, size), size, crf);
  Image out(size);
  const auto rgb = converted(frame, size, AV_PIX_FMT_RGB24);
  for (int y = 0; y < size.height; ++y)
    std::copy_n(rgb->data[0] + y * rgb->linesize[0], out.row_bytes(), out.row(y));
  return out;
}

}  // namespace kinema::media
