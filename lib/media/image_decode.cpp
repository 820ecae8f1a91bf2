// Decodes PNG and WebP with FFmpeg and brings their native pixels to RGB in Pillow's way.
#include <array>
#include <cstdint>
#include <cstring>

extern "C" {
#include <libavutil/pixdesc.h>
}

#include "base/error.h"
#include "media/av.h"
#include "media/image_file.h"
#include "media/jpeg_decode.h"
#include "media/webp_colours.h"

namespace kinema::media {
namespace {

struct Decoder {
  AVCodecID id;
  const char* name;
};

AvCodecContext open_decoder(const Decoder& decoder, const std::string& name) {
  const AVCodec* codec = avcodec_find_decoder(decoder.id);
  if (codec == nullptr) {
    throw Error(ErrorKind::kConfig,
                name + ": the FFmpeg libraries of this build cannot read " + decoder.name,
                "convert it to another of PNG, JPEG and WebP");
  }
  AvCodecContext context(av_made(avcodec_alloc_context3(codec), "a picture decoder"));
  context->thread_count = 1;
  context->err_recognition = AV_EF_EXPLODE | AV_EF_CRCCHECK;
  av_check(avcodec_open2(context.get(), codec, nullptr), name, "cannot be decoded");
  return context;
}

AvFrame decoded_frame(std::span<const uint8_t> bytes,
                      const Decoder& decoder,
                      const std::string& name) {
  const std::string what = std::string("is damaged or no ") + decoder.name + " that can be read";
  auto context = open_decoder(decoder, name);
  AvPacket packet(av_made(av_packet_alloc(), "a packet"));
  av_check(av_new_packet(packet.get(), static_cast<int>(bytes.size())), name, "cannot be decoded");
  std::memcpy(packet->data, bytes.data(), bytes.size());
  AvFrame frame(av_made(av_frame_alloc(), "a frame"));
  av_check(avcodec_send_packet(context.get(), packet.get()), name, what.c_str());
  av_check(avcodec_send_packet(context.get(), nullptr), name, what.c_str());
  av_check(avcodec_receive_frame(context.get(), frame.get()), name, what.c_str());
  return frame;
}

void from_palette(const AVFrame& frame, Image& image) {
  const uint8_t* palette = frame.data[1];
  for (int y = 0; y < image.size.height; ++y) {
    const uint8_t* from = frame.data[0] + static_cast<ptrdiff_t>(y) * frame.linesize[0];
    uint8_t* to = image.row(y);
    for (int x = 0; x < image.size.width; ++x, to += 3) {
      uint32_t argb = 0;  // in the machine's byte order
      std::memcpy(&argb, palette + 4 * from[x], 4);
      to[0] = static_cast<uint8_t>(argb >> 16);
      to[1] = static_cast<uint8_t>(argb >> 8);
      to[2] = static_cast<uint8_t>(argb);
    }
  }
}

void from_bits(const AVFrame& frame, Image& image) {
  const uint8_t set = frame.format == AV_PIX_FMT_MONOBLACK ? 255 : 0;
  for (int y = 0; y < image.size.height; ++y) {
    const uint8_t* from = frame.data[0] + static_cast<ptrdiff_t>(y) * frame.linesize[0];
    uint8_t* to = image.row(y);
    for (int x = 0; x < image.size.width; ++x, to += 3) {
      const bool bit = (from[x / 8] >> (7 - x % 8) & 1) != 0;
      std::memset(to, bit ? set : 255 - set, 3);
    }
  }
}

// Greyscale or RGB in whole bytes, packed or planar; of wider samples the upper byte.
void from_bytes(const AVFrame& frame, const AVPixFmtDescriptor& format, Image& image) {
  const bool colours = (format.flags & AV_PIX_FMT_FLAG_RGB) != 0;
  const bool big_endian = (format.flags & AV_PIX_FMT_FLAG_BE) != 0;
  for (int c = 0; c < 3; ++c) {
    const AVComponentDescriptor& part = format.comp[colours ? c : 0];
    const int upper_byte = part.depth > 8 && !big_endian ? 1 : 0;
    for (int y = 0; y < image.size.height; ++y) {
      const uint8_t* from = frame.data[part.plane] +
                            static_cast<ptrdiff_t>(y) * frame.linesize[part.plane] + part.offset +
                            upper_byte;
      uint8_t* to = image.row(y) + c;
      for (int x = 0; x < image.size.width; ++x, from += part.step, to += 3) *to = *from;
    }
  }
}

// 16-bit greyscale without alpha, clipped at 255 as Pillow does and the reference therefore sees
// it.
void from_wide_grey(const AVFrame& frame, const AVPixFmtDescriptor& format, Image& image) {
  const int upper = (format.flags & AV_PIX_FMT_FLAG_BE) != 0 ? 0 : 1;
  for (int y = 0; y < image.size.height; ++y) {
    const uint8_t* from = frame.data[0] + static_cast<ptrdiff_t>(y) * frame.linesize[0];
    uint8_t* to = image.row(y);
    for (int x = 0; x < image.size.width; ++x, from += 2, to += 3) {
      std::memset(to, from[upper] > 0 ? 255 : from[1 - upper], 3);
    }
  }
}

Image rgb_of(const AVFrame& frame) {
  const auto& format = *av_pix_fmt_desc_get(static_cast<AVPixelFormat>(frame.format));
  Image image({frame.width, frame.height});
  if ((format.flags & AV_PIX_FMT_FLAG_PAL) != 0) {
    from_palette(frame, image);
  } else if ((format.flags & AV_PIX_FMT_FLAG_BITSTREAM) != 0) {
    from_bits(frame, image);
  } else if (format.nb_components == 1 && format.comp[0].depth == 16) {
    from_wide_grey(frame, format, image);
  } else if (format.log2_chroma_w == 0) {
    from_bytes(frame, format, image);
  } else {
    std::array<Plane, 3> planes;
    for (size_t i = 0; i < 3; ++i) planes[i] = {frame.data[i], frame.linesize[i]};
    image = webp_colours(image.size, planes);
  }
  return image;
}

}  // namespace

Image decoded_image(std::span<const uint8_t> bytes,
                    const ImageHeader& header,
                    const std::string& name) {
  if (header.kind == ImageKind::kJpeg) {
    if (header.components != 4) return decoded_jpeg(bytes, header.stored, name);
    throw Error(ErrorKind::kIo, name + ": is a JPEG in CMYK colours, which are not read",
                "convert it to RGB first");
  }
  quiet_av();
  const bool png = header.kind == ImageKind::kPng;
  const Decoder decoder = png ? Decoder{AV_CODEC_ID_PNG, "PNG"} : Decoder{AV_CODEC_ID_WEBP, "WebP"};
  auto frame = decoded_frame(bytes, decoder, name);
  const Size size{frame->width, frame->height};
  if (size != header.stored) {
    throw Error(ErrorKind::kIo, name + ": is damaged: its header says " + to_string(header.stored) +
                                    ", its data " + to_string(size));
  }
  return rgb_of(*frame);
}

}  // namespace kinema::media
