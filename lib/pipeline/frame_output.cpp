// One conversion for every target: round to the nearest of 256 levels, as the reference's PIL path
// does.
#include "pipeline/frame_output.h"

#include <span>
#include <utility>

#include <ATen/ops/cat.h>

#include "media/sound_file.h"
#include "pipeline/chosen_kernels.h"

namespace kinema::pipeline {
namespace {

// A whole clip comes at once from tiles; its copies on the way to 8 bits need not.
constexpr int64_t kFramesAtOnce = 4;

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

// frames: bytes on the host, contiguous, the first dimension counts.
void hand(const at::Tensor& frames, media::FrameSink& sink) {
  const auto size = static_cast<size_t>(frames.stride(0));
  for (int64_t f = 0; f < frames.size(0); ++f)
    sink.frame({frames.const_data_ptr<uint8_t>() + static_cast<size_t>(f) * size, size});
}

}  // namespace

std::unique_ptr<nn::PixelPlanes> planes_of(const Runtime& runtime) {
  const auto& request = runtime.request;
  if (kernels_of(runtime) != nn::ElementwiseBy::kFusedKernels || !request.output) return nullptr;
  const auto format = format_of(request);
  if (format.codec == media::VideoCodec::kFfv1) return nullptr;  // keeps RGB
  if (!nn::has_planes(format.size.width, format.size.height)) return nullptr;
  return nn::fused_pixel_planes();
}

FrameOutput::FrameOutput(const Runtime& runtime,
                         const std::string& comment,
                         const std::optional<media::SoundFormat>& sound,
                         std::unique_ptr<nn::PixelPlanes> planes)
    : runtime_(runtime),
      bytes_of_(nn::pixel_bytes(kernels_of(runtime))),
      planes_(std::move(planes)),
      format_(format_of(runtime.request)),
      sound_format_(sound) {
  const auto& request = runtime.request;
  if (request.audio) format_.sound = sound;
  if (planes_) format_.pixels = media::FramePixels::kPlanes;
  if (request.output)
    video_ = std::make_unique<media::VideoWriter>(*request.output, format_, comment);
  if (request.frames_dir)
    folder_ = std::make_unique<media::FrameFolder>(*request.frames_dir, format_.size);
}

FrameOutput::~FrameOutput() = default;

void FrameOutput::add(const at::Tensor& frames) {
  for (const auto& few : frames.split(kFramesAtOnce, 2)) convert(few);
}

void FrameOutput::convert(const at::Tensor& frames) {
  if (runtime_.dump.wanted()) {
    kept_.push_back(nn::unit_pixels(frames[0]).to(at::kCPU).contiguous());
  }
  const auto rgb = (*bytes_of_)(frames[0]);
  // A quarter of what float32 would be goes to the host, or an eighth.
  const auto rgb_here = folder_ || !planes_ ? rgb.to(at::kCPU) : at::Tensor();
  if (folder_) hand(rgb_here, *folder_);
  if (video_) hand(planes_ ? (*planes_)(rgb).to(at::kCPU) : rgb_here, *video_);
  frames_ += rgb.size(0);
}

void FrameOutput::add_sound(const at::Tensor& wave) {
  runtime_.dump.add("audio", wave);
  const auto samples = wave.to(at::kCPU).to(at::kFloat).contiguous();
  const auto* data = samples.const_data_ptr<float>();
  media::Sound sound{*sound_format_, {data, data + samples.numel()}};
  if (runtime_.request.wav) sound_ = sound;
  if (video_ && format_.sound) video_->sound(std::move(sound));
}

void FrameOutput::commit() {
  if (!kept_.empty()) runtime_.dump.add("video", at::cat(kept_, 0));
  if (sound_) {
    const auto length = media::samples_of(frames_, format_.fps, sound_->format.rate);
    media::write_wav(*runtime_.request.wav, media::fitted(*sound_, length),
                     media::WavSamples::kInt16);
  }
  if (video_) video_->commit();
  if (folder_) folder_->commit();
}

}  // namespace kinema::pipeline
