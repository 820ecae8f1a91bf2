// Source: diffusers' LTX2VideoDecoder3d. A part that has gone through a level goes on in parts of
// the same length in time, so that what a level keeps back until the clip's end does not swell
// towards the pixels.
#include "models/ltx2/vae_decoder.h"

#include <algorithm>
#include <limits>
#include <utility>

#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>

#include "models/clip.h"

namespace kinema::ltx2 {
namespace {

constexpr int64_t kBlockVectors = 4, kOutVectors = 2;

Borders borders(const config::Ltx2VideoVaeConfig& config) {
  return {config.decoder_causal, config.decoder_padding};
}

NoiseTold told(const config::Ltx2VideoVaeConfig& config) {
  return config.timestep_conditioning ? NoiseTold::kYes : NoiseTold::kNo;
}

// Channels (c, column, row) to pixels: [T, H, W, c*p*p] -> [T, pH, pW, c].
at::Tensor unpatched(const at::Tensor& x, int64_t patch) {
  return x.unflatten(3, {-1, patch, patch}).permute({0, 1, 5, 2, 4, 3}).flatten(3, 4).flatten(1, 2);
}

// Collects frames of pixels until a group is full.
class Groups {
 public:
  Groups(int64_t frames, const FrameSink& sink) : frames_(frames), sink_(sink) {}

  void add(at::Tensor clip) {
    while (clip.size(0) > 0) {
      const int64_t taken = std::min(clip.size(0), frames_ - waiting_);
      parts_.push_back(clip.narrow(0, 0, taken));
      waiting_ += taken;
      clip = clip.narrow(0, taken, clip.size(0) - taken);
      if (waiting_ == frames_) hand_on();
    }
  }
  void hand_on() {
    if (waiting_ == 0) return;
    const auto group = parts_.size() == 1 ? parts_.front() : at::cat(parts_, 0);
    parts_.clear();
    waiting_ = 0;
    sink_(models::video_of(group));
  }

 private:
  int64_t frames_, waiting_ = 0;
  const FrameSink& sink_;
  std::vector<at::Tensor> parts_;
};

}  // namespace

VaeUpLevel::VaeUpLevel(const nn::ParamScope& scope,
                       const config::Ltx2UpLevel& level,
                       const config::Ltx2VideoVaeConfig& config) {
  if (level.widens) {
    widen_.emplace(scope / "conv_in", level.in, level.out, borders(config), NoiseTold::kNo,
                   config.resnet_norm_eps);
  }
  if (level.up) upsample_.emplace(scope / "upsamplers" / 0, level, borders(config));
  add_resnets(scope, level.out, level.resnets, config);
}

VaeUpLevel::VaeUpLevel(const nn::ParamScope& scope,
                       int64_t width,
                       int64_t resnets,
                       const config::Ltx2VideoVaeConfig& config) {
  add_resnets(scope, width, resnets, config);
}

void VaeUpLevel::add_resnets(const nn::ParamScope& scope,
                             int64_t width,
                             int64_t count,
                             const config::Ltx2VideoVaeConfig& config) {
  if (config.timestep_conditioning) noise_.emplace(scope / "time_embedder", kBlockVectors, width);
  for (int64_t i = 0; i < count; ++i) {
    resnets_.emplace_back(scope / "resnets" / i, width, width, borders(config), told(config));
  }
}

at::Tensor VaeUpLevel::noise(const at::Tensor& time) const {
  return noise_ ? (*noise_)(time) : at::Tensor();
}

at::Tensor VaeUpLevel::operator()(at::Tensor x, const at::Tensor& noise, Flow& flow) const {
  if (widen_) x = (*widen_)(x, {}, flow);
  if (upsample_) x = (*upsample_)(x, flow);
  for (const auto& resnet : resnets_) x = resnet(x, noise, flow);
  return x;
}

struct VideoDecoder::Run {
  Groups groups;
  int64_t latent_frames;           // at a time
  std::vector<Flow> flows;         // of each level, then of the output
  std::vector<at::Tensor> noises;  // of each level
  ShiftScale out;
};

VideoDecoder::VideoDecoder(const nn::ParamScope& scope, const config::Ltx2VideoVaeConfig& config)
    : config_(config),
      conv_in_(
          scope / "conv_in", config.latent_channels, config.decoder_mid_width, borders(config)),
      conv_out_(scope / "conv_out",
                config.up.back().out,
                config.out_channels * config.patch_size * config.patch_size,
                borders(config)) {
  levels_.emplace_back(scope / "mid_block", config.decoder_mid_width, config.decoder_mid_resnets,
                       config);
  doublings_.push_back(1);
  for (size_t i = 0; i < config.up.size(); ++i) {
    const auto& level = config.up[i];
    levels_.emplace_back(scope / "up_blocks" / static_cast<int64_t>(i), level, config);
    doublings_.push_back(doublings_.back() * (level.up ? level.up->time : 1));
  }
  if (!config.timestep_conditioning) return;
  const int64_t width = config.up.back().out;
  noise_out_.emplace(scope / "time_embedder", kOutVectors, width);
  table_out_ = scope.take("scale_shift_table", {kOutVectors, width});
  time_scale_ = scope.take("timestep_scale_multiplier", {}).to(at::kFloat);
}

int64_t VideoDecoder::group_frames(int64_t latent_frames, const Decoding& how) const {
  if (how.latent_frames <= 0) return frames(latent_frames);
  return how.latent_frames * config_.temporal_compression_ratio;
}

int64_t VideoDecoder::group_count(int64_t latent_frames, const Decoding& how) const {
  const int64_t group = group_frames(latent_frames, how);
  return (frames(latent_frames) + group - 1) / group;
}

void VideoDecoder::push(size_t index, const at::Tensor& x, Flow::Part part, Run& run) const {
  const int64_t total = x.size(0);
  const int64_t step = run.latent_frames > 0 ? run.latent_frames * doublings_[index]
                                             : std::numeric_limits<int64_t>::max();
  int64_t begin = 0;
  do {  // once too for no frames: the levels behind must see the clip's end
    const int64_t now = std::min(step, total - begin);
    const bool last = part == Flow::Part::kLast && begin + now == total;
    const auto here = last ? Flow::Part::kLast : Flow::Part::kMiddle;
    auto& flow = run.flows[index];
    flow.begin(here);
    auto h = x.narrow(0, begin, now);
    if (index == 0) h = conv_in_(h, flow);
    h = levels_[index](std::move(h), run.noises[index], flow);
    if (index + 1 < levels_.size()) {
      push(index + 1, h, here, run);
    } else {
      run.flows.back().begin(here);
      run.groups.add(pixels(h, run, run.flows.back()));
    }
    begin += now;
  } while (begin < total);
}

at::Tensor VideoDecoder::pixels(const at::Tensor& x, Run& run, Flow& flow) const {
  return unpatched(conv_out_.activated(x, run.out, flow), config_.patch_size);
}

void VideoDecoder::decode(const at::Tensor& latents,
                          const Decoding& how,
                          const FrameSink& sink) const {
  const auto clip = models::clip_of(latents);
  Run run = {Groups(group_frames(clip.size(0), how), sink),
             how.latent_frames,
             std::vector<Flow>(levels_.size() + 1),
             std::vector<at::Tensor>(levels_.size()),
             {}};
  if (noise_out_) {
    const auto time = time_scale_.reshape({1}) * how.timestep;
    for (size_t i = 0; i < levels_.size(); ++i) run.noises[i] = levels_[i].noise(time);
    const auto rows = (*noise_out_)(time) + table_out_;
    run.out = {rows[0], rows[1]};
  }
  push(0, clip, Flow::Part::kLast, run);
  run.groups.hand_on();
}

at::Tensor VideoDecoder::operator()(const at::Tensor& latents, const Decoding& how) const {
  const int64_t total = frames(latents.size(2));
  at::Tensor video;
  int64_t done = 0;
  decode(latents, how, [&](const at::Tensor& part) {
    if (part.size(2) == total) {
      video = part;
      return;
    }
    if (!video.defined()) {
      const auto clip =
          at::empty({total, part.size(3), part.size(4), part.size(1)}, part.options());
      video = models::video_of(clip);
    }
    video.narrow(2, done, part.size(2)).copy_(part);
    done += part.size(2);
  });
  return video;
}

}  // namespace kinema::ltx2
