// Names of what is written, checked in the first second and not after the last step.
#include <algorithm>

#include "base/atomic_file.h"
#include "base/log.h"
#include "base/path_text.h"
#include "config/outputs.h"
#include "config/value_text.h"
#include "plan/machine.h"
#include "plan/output_targets.h"
#include "plan/resolution.h"

namespace kinema::plan {
namespace {

namespace fs = std::filesystem;
using config::Codec;

std::string extension(Codec codec) { return codec == Codec::kFfv1 ? ".mkv" : ".mp4"; }

bool names_folder(const fs::path& path) {
  std::error_code nameless;
  return path.string().ends_with('/') || fs::is_directory(path, nameless);
}

std::string default_name(const Resolution& r) {
  auto folder = r.job.model.index.folder;
  if (!folder.has_filename()) folder = folder.parent_path();
  return fs::weakly_canonical(folder).filename().string() + "-{seed}" +
         extension(r.job.request().codec);
}

void name_video(Resolution& r) {
  auto& request = r.request();
  if (!request.output) {
    if (request.frames_dir) return;
    request.output = default_name(r);
    r.job.settings.sources["output"] = "the model and the seed";
  } else if (names_folder(*request.output)) {
    *request.output /= default_name(r);
  }
}

// Several outputs need several names; one output needs none.
void name_all(Resolution& r) {
  auto& request = r.request();
  name_video(r);
  const bool several = request.num_outputs_per_prompt > 1;
  for (auto* path : {&request.output, &request.frames_dir, &request.wav, &request.save_latents,
                     &request.save_tensors, &request.metrics, &request.trace}) {
    if (!*path) continue;
    if (several && (*path)->string().find("{output}") == std::string::npos)
      *path = config::with_seed(**path);
  }
  if (several) return;
  request = config::single_requests(request).front();
}

void check_extension(Resolution& r) {
  const auto& request = r.request();
  if (!request.output) return;
  const auto given = lowered_extension(*request.output);
  if (given == ".mkv" || given == extension(request.codec)) return;
  const auto codec = config::Value<Codec>::text(request.codec);
  const auto wanted = request.codec == Codec::kFfv1 ? ".mkv" : ".mp4 or .mkv";
  auto better = *request.output;
  r.wrong(fmt::format("{}: {} video goes into {}", request.output->string(), codec, wanted),
          "-o " + shell_word(better.replace_extension(extension(request.codec)).string()));
}

void check_sound_extension(Resolution& r) {
  const auto& wav = r.request().wav;
  if (!wav || lowered_extension(*wav) == ".wav") return;
  auto better = *wav;
  r.wrong(wav->string() + ": --wav writes WAV files",
          "--wav " + shell_word(better.replace_extension(".wav").string()));
}

void check_quality(Resolution& r) {
  auto& request = r.request();
  const bool lossless = request.codec == Codec::kFfv1;
  const int64_t least = request.codec == Codec::kAv1 ? 0 : 1,
                most = request.codec == Codec::kAv1 ? 63 : 51;
  if (request.crf && lossless) {
    r.wrong("--crf means nothing with --codec ffv1, which is lossless", "leave --crf out");
  } else if (request.crf && (*request.crf < least || *request.crf > most)) {
    r.wrong(fmt::format("--crf {}: {} takes {} to {}", *request.crf,
                        config::Value<Codec>::text(request.codec), least, most) +
                r.from("crf"),
            fmt::format("--crf {}", std::clamp(*request.crf, least, most)));
  }
  if (!request.output && (r.given("crf") || r.given("codec"))) {
    r.wrong("--codec and --crf are about a video file, but only frames are written",
            "-o FILE, or leave them out");
  }
  if (!lossless) r.fill(request.crf, "crf", int64_t{18}, "the program");
}

std::string size_text(double bytes) {
  return bytes < 1e9 ? fmt::format("{:.1f} MB", bytes / 1e6)
                     : fmt::format("{:.2f} GB", bytes / 1e9);
}

// Says so where frames may not fit. How well they can be compressed shows only when they are there:
// lossless forms take about half of the pixels' bytes, the others seldom more than a hundredth.
void check_room(Resolution& r) {
  const auto& request = r.request();
  if (!request.width || !request.height || !request.num_frames) return;
  const double pixels = 3.0 * static_cast<double>(*request.width * *request.height) *
                        static_cast<double>(*request.num_frames * request.num_outputs_per_prompt);
  const auto check = [&](const std::optional<fs::path>& path, double bytes) {
    if (!path) return;
    const auto folder = nearest_existing(path->has_parent_path() ? path->parent_path() : ".");
    const auto free = free_disk(folder);
    if (!free || static_cast<double>(*free) >= bytes) return;
    r.note(fmt::format("{} may need {}, and its disk has {} free", path->string(), size_text(bytes),
                       size_text(static_cast<double>(*free))));
  };
  check(request.output, pixels / (request.codec == Codec::kFfv1 ? 2 : 100));
  check(request.frames_dir, pixels / 2);
}

}  // namespace

void resolve_output(Resolution& r) {
  name_all(r);
  check_extension(r);
  check_sound_extension(r);
  check_quality(r);
  check_targets(r);
  check_room(r);
}

}  // namespace kinema::plan
