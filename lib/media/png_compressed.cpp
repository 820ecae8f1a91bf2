// PNG through FFmpeg's encoder.
#include <algorithm>

extern "C" {
#include <libavutil/opt.h>
}

#include "base/error.h"
#include "media/av.h"
#include "media/png.h"

namespace kinema::media {
namespace {

AvCodecContext open_encoder(Size size) {
  const AVCodec* codec = avcodec_find_encoder(AV_CODEC_ID_PNG);
  if (codec == nullptr) {
    throw Error(ErrorKind::kConfig, "the FFmpeg libraries of this build cannot write PNG");
  }
  AvCodecContext context(av_made(avcodec_alloc_context3(codec), "a PNG encoder"));
  context->width = size.width;
  context->height = size.height;
  context->pix_fmt = AV_PIX_FMT_RGB24;
  context->time_base = {1, 1};
  context->thread_count = 1;
  context->compression_level = 3;  // of 9: a twentieth larger than the default, a third faster
  context->flags |= AV_CODEC_FLAG_BITEXACT;
  AvOptions options;
  options.set("pred", "paeth");
  av_check(avcodec_open2(context.get(), codec, options.pointer()), "PNG", "cannot be encoded");
  return context;
}

AvFrame filled_frame(Size size, std::span<const uint8_t> rgb) {
  AvFrame frame(av_made(av_frame_alloc(), "a frame"));
  frame->width = size.width;
  frame->height = size.height;
  frame->format = AV_PIX_FMT_RGB24;
  av_check(av_frame_get_buffer(frame.get(), 0), "PNG", "cannot be encoded");
  const size_t row = static_cast<size_t>(size.width) * 3;
  for (int y = 0; y < size.height; ++y) {
    std::copy_n(rgb.data() + row * y, row,
                frame->data[0] + static_cast<ptrdiff_t>(y) * frame->linesize[0]);
  }
  return frame;
}

}  // namespace

std::vector<uint8_t> png_bytes(Size size, std::span<const uint8_t> rgb) {
  quiet_av();
  auto context = open_encoder(size);
  auto frame = filled_frame(size, rgb);
  AvPacket packet(av_made(av_packet_alloc(), "a packet"));
  av_check(avcodec_send_frame(context.get(), frame.get()), "PNG", "cannot be encoded");
  av_check(avcodec_send_frame(context.get(), nullptr), "PNG", "cannot be encoded");
  av_check(avcodec_receive_packet(context.get(), packet.get()), "PNG", "cannot be encoded");
  return {packet->data, packet->data + packet->size};
}

}  // namespace kinema::media
