// libavcodec's encoders, set so that the same frames give the same bytes everywhere.
#include "media/video_encoder.h"

#include <initializer_list>
#include <string>
#include <utility>

extern "C" {
#include <libavutil/imgutils.h>
}

#include "base/error.h"
#include "media/colour_conversion.h"

namespace kinema::media {
namespace {

// The number of threads is in the stream, so it is not the machine's.
constexpr int kEncoderThreads = 4;

std::initializer_list<const char*> encoder_names(VideoCodec codec) {
  static constexpr std::initializer_list<const char*> kNames[] = {
      {"libx264"}, {"libx265"}, {"libaom-av1", "libsvtav1"}, {"ffv1"}};
  return kNames[static_cast<size_t>(codec)];
}

// x265's cutree writes whole vectors into buffers that are shorter for narrow pictures.
constexpr int kNarrow = 64;

void set_options(const std::string& encoder, const VideoFormat& format, AvOptions& options) {
  if (encoder != "ffv1") options.set("crf", std::to_string(format.crf));
  if (encoder == "libx264") {
    options.set("profile", "high");
    options.set("x264-params", "cpu-independent=1");
  } else if (encoder == "libx265") {
    const char* cutree = format.size.width < kNarrow ? ":cutree=0" : "";
    options.set("x265-params", std::string("log-level=none:frame-threads=2:pools=4") + cutree);
  } else if (encoder == "libaom-av1") {
    options.set("cpu-used", "8");
    options.set("row-mt", "1");
  } else if (encoder == "libsvtav1") {
    options.set("preset", "8");
  }
}

void set_colours(AVCodecContext& context) {
  const bool rgb = context.pix_fmt != AV_PIX_FMT_YUV420P;
  context.color_primaries = AVCOL_PRI_BT709;
  context.color_trc = AVCOL_TRC_BT709;
  context.colorspace = rgb ? AVCOL_SPC_RGB : AVCOL_SPC_BT709;
  context.color_range = rgb ? AVCOL_RANGE_JPEG : AVCOL_RANGE_MPEG;
  if (!rgb) context.chroma_sample_location = AVCHROMA_LOC_LEFT;
}

AvFrame frame_for(const AVCodecContext& context) {
  AvFrame frame(av_made(av_frame_alloc(), "a frame"));
  frame->format = context.pix_fmt;
  frame->width = context.width;
  frame->height = context.height;
  frame->color_primaries = context.color_primaries;
  frame->color_trc = context.color_trc;
  frame->colorspace = context.colorspace;
  frame->color_range = context.color_range;
  frame->chroma_location = context.chroma_sample_location;
  return frame;
}

void put_planes(const uint8_t* planes, AVFrame& to) {
  for (int i = 0; i < 3; ++i) {
    const int part = i == 0 ? 1 : 2, width = to.width / part, height = to.height / part;
    av_image_copy_plane(to.data[i], to.linesize[i], planes, width, width, height);
    planes += static_cast<ptrdiff_t>(width) * height;
  }
}

}  // namespace

const AVCodec* encoder_of(VideoCodec codec) {
  for (const char* name : encoder_names(codec)) {
    if (const AVCodec* encoder = avcodec_find_encoder_by_name(name)) return encoder;
  }
  return nullptr;
}

VideoEncoder::VideoEncoder(Muxer& muxer, const VideoFormat& format)
    : muxer_(muxer), packet_(av_made(av_packet_alloc(), "a packet")) {
  open(format);
  if (format.pixels == FramePixels::kRgb) {
    scaler_ = scaler_from_rgb(format.size, context_->pix_fmt);
  } else if (context_->pix_fmt != AV_PIX_FMT_YUV420P) {
    throw Error(ErrorKind::kInternal, std::string(codec_name(format.codec)) + " takes RGB only");
  }
  frame_ = frame_for(*context_);
  av_check(av_frame_get_buffer(frame_.get(), 0), muxer_.name(), "cannot be encoded");
  stream_ = muxer_.add_stream(*context_);
}

void VideoEncoder::open(const VideoFormat& format) {
  const AVCodec* codec = encoder_of(format.codec);
  context_.reset(av_made(avcodec_alloc_context3(codec), "a video encoder"));
  context_->width = format.size.width;
  context_->height = format.size.height;
  context_->pix_fmt = format.codec == VideoCodec::kFfv1 ? AV_PIX_FMT_BGR0 : AV_PIX_FMT_YUV420P;
  context_->time_base = {format.fps.den, format.fps.num};
  context_->framerate = {format.fps.num, format.fps.den};
  context_->sample_aspect_ratio = {1, 1};
  context_->thread_count = kEncoderThreads;
  context_->flags |= AV_CODEC_FLAG_BITEXACT;
  if (muxer_.wants_global_header()) context_->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
  set_colours(*context_);
  AvOptions options;
  set_options(codec->name, format, options);
  av_check(avcodec_open2(context_.get(), codec, options.pointer()), muxer_.name(),
           "its encoder cannot be opened");
  if (auto left = options.left_over(); !left.empty()) {
    throw Error(ErrorKind::kInternal,
                std::string(codec->name) + " does not know the option " + left);
  }
}

void VideoEncoder::encode(std::span<const uint8_t> pixels) {
  // The encoder may still hold the last one.
  av_check(av_frame_make_writable(frame_.get()), muxer_.name(), "cannot be encoded");
  if (scaler_) {
    convert(scaler_, pixels.data(), *frame_);
  } else {
    put_planes(pixels.data(), *frame_);
  }
  frame_->pts = index_++;
  av_check(avcodec_send_frame(context_.get(), frame_.get()), muxer_.name(), "cannot be encoded");
  drain();
}

void VideoEncoder::finish() {
  av_check(avcodec_send_frame(context_.get(), nullptr), muxer_.name(), "cannot be encoded");
  drain();
}

void VideoEncoder::drain() {
  for (;;) {
    const int code = avcodec_receive_packet(context_.get(), packet_.get());
    if (code == AVERROR(EAGAIN) || code == AVERROR_EOF) return;
    av_check(code, muxer_.name(), "cannot be encoded");
    packet_->duration = 1;  // frame; the last one's is not known otherwise
    muxer_.write(*packet_, *stream_, context_->time_base);
  }
}

}  // namespace kinema::media
