// Number of frames and their rate; a number the model cannot make is refused unless rounding was
// asked for.
#include <cmath>

#include "base/log.h"
#include "config/value_text.h"
#include "plan/resolution.h"

namespace kinema::plan {
namespace {

using config::RoundFrames;

std::string seconds(int64_t frames, const config::Rational& fps) {
  return fmt::format("{:.2f} s", static_cast<double>(frames) / fps.value());
}

void refuse_duration(Resolution& r, int64_t frames) {
  const auto& request = r.request();
  const auto [below, above] = legal_frames(frames, r.job.model.shape);
  r.wrong(fmt::format("{} s at {} fps is {} frames; {} makes {}{}",
                      config::Value<double>::text(*request.duration),
                      config::Value<config::Rational>::text(*request.fps), frames,
                      r.job.model.title, frame_rule(r.job.model.shape), r.from("duration")),
          below == above
              ? fmt::format("{} ({})", below, seconds(below, *request.fps))
              : fmt::format("--num-frames {} ({}) or {} ({}), or --round-frames up", below,
                            seconds(below, *request.fps), above, seconds(above, *request.fps)));
}

void refuse_frames(Resolution& r, int64_t frames) {
  const auto [below, above] = legal_frames(frames, r.job.model.shape);
  r.wrong(fmt::format("{} frames: {} makes {} frames{}", frames, r.job.model.title,
                      frame_rule(r.job.model.shape), r.from("num_frames")),
          below == above
              ? fmt::format("--num-frames {}", below)
              : fmt::format("--num-frames {} or {}, or --round-frames up", below, above));
}

void round_frames(Resolution& r, int64_t frames) {
  const auto [below, above] = legal_frames(frames, r.job.model.shape);
  const int64_t rounded = r.request().round_frames == RoundFrames::kUp ? above : below;
  r.request().num_frames = rounded;
  r.job.settings.sources["num_frames"] = fmt::format("{} rounded", frames);
  r.note(fmt::format("{} frames instead of {} (--round-frames)", rounded, frames));
}

}  // namespace

void resolve_frames(Resolution& r) {
  auto& request = r.request();
  const auto& model = r.job.model;
  r.fill(request.fps, "fps", model.defaults.fps, "the model");
  if (request.duration && request.num_frames) {
    r.wrong("--num-frames and --duration both say how long the video is", "give one of them");
    return;
  }
  int64_t frames = request.num_frames.value_or(model.defaults.num_frames);
  if (request.duration) frames = std::llround(*request.duration * request.fps->value());
  if (frames_legal(frames, model.shape)) {
    r.fill(request.num_frames, "num_frames", frames,
           request.duration ? "the duration" : "the model");
  } else if (request.round_frames != RoundFrames::kNo) {
    round_frames(r, frames);
  } else if (request.duration) {
    refuse_duration(r, frames);
  } else {
    refuse_frames(r, frames);
  }
}

}  // namespace kinema::plan
