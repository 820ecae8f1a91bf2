// One conversion for every target: round to the nearest of 256 levels, as the reference's PIL path
// does.
#include "pipeline/frame_output.h"

#include <span>

#include <ATen/ops/cat.h>

#include "media/frame_folder.h"
#include "media/video_writer.h"

namespace kinema::pipeline {
namespace {

media::VideoCodec codec_of(config::Codec codec) {
  switch (codec) {
    case config::Codec::kH264:
      return media::VideoCodec::kH264;
    case config::Codec::kHevc:
      return media::VideoCodec::kHevc;
    case config::Codec::kAv1:
      return media::VideoCodec::kAv1;
    case config::Codec::kFfv1:
      return media::VideoCodec::kFfv1;
  }
  return media::VideoCodec::kH264;
}

media::VideoFormat format_of(const config::Request& request) {
  media::VideoFormat format;
  format.size = {static_cast<int>(*request.width), static_cast<int>(*request.height)};
  format.fps = {static_cast<int>(request.fps->num), static_cast<int>(request.fps->den)};
  format.codec = codec_of(request.codec);
  if (request.crf) format.crf = static_cast<int>(*request.crf);
  return format;
}

}  // namespace

FrameOutput::FrameOutput(const Runtime& runtime, const std::string& comment) : runtime_(runtime) {
  const auto& request = runtime.request;
  const auto format = format_of(request);
  if (request.output) {
    sinks_.push_back(std::make_unique<media::VideoWriter>(*request.output, format, comment));
  }
  if (request.frames_dir) {
    sinks_.push_back(std::make_unique<media::FrameFolder>(*request.frames_dir, format.size));
  }
}

FrameOutput::~FrameOutput() = default;

void FrameOutput::add(const at::Tensor& frames) {
  auto unit = (frames[0].permute({1, 2, 3, 0}).to(at::kFloat) * 0.5 + 0.5).clamp_(0, 1);
  if (runtime_.dump.wanted()) kept_.push_back(unit.to(at::kCPU).contiguous());
  auto bytes = (unit * 255).round_().to(at::kByte).to(at::kCPU).contiguous();  // [F, H, W, 3]
  const auto frame_bytes = static_cast<size_t>(bytes.stride(0));
  for (int64_t f = 0; f < bytes.size(0); ++f) {
    const std::span rgb(bytes.const_data_ptr<uint8_t>() + static_cast<size_t>(f) * frame_bytes,
                        frame_bytes);
    for (auto& sink : sinks_) sink->frame(rgb);
  }
  frames_ += bytes.size(0);
}

void FrameOutput::commit() {
  if (!kept_.empty()) runtime_.dump.add("video", at::cat(kept_, 0));
  for (auto& sink : sinks_) sink->commit();
}

}  // namespace kinema::pipeline
