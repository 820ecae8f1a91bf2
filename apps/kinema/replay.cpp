// kinema replay: the job stored in a video, made again.
#include <iostream>

#include "batch/stored_job.h"
#include "command.h"
#include "engine_process.h"
#include "engine_words.h"
#include "plan/plan_report.h"
#include "prepare.h"

namespace kinema::cli {
namespace {

// The video's comment as text; empty if it has none.
std::string comment_of(const std::filesystem::path& video) {
  if (!std::filesystem::is_regular_file(video))
    throw Error(ErrorKind::kIo, video.string() + ": no such video");
  // FFmpeg is in the engine alone.
  const auto words = engine_words({"--inspect", video.string(), "--json"});
  const auto described = Json::parse(words, nullptr, /*allow_exceptions=*/false);
  if (!described.is_object() || !described.contains("comment")) return {};
  const auto& comment = described["comment"];
  return comment.is_string() ? comment.get<std::string>() : comment.dump();
}

int run(const Command& self, const CommandLine& line) {
  if (line.positionals.size() != 1) {
    throw Error(ErrorKind::kUsage,
                line.positionals.empty() ? "a video is missing" : "one video at a time",
                "kinema replay " + self.usage);
  }
  const auto& video = line.positionals.front();
  config::Violations violations;
  auto stored =
      batch::stored_settings(comment_of(video), video, batch::Again::kGenerate, violations);
  violations.throw_if_any();
  auto flags = line;
  flags.positionals.clear();
  const auto job = prepare(flags, PromptNeed::kRequired, {std::move(stored)});
  if (!line.has("--dry-run")) become_engine(job);
  std::cout << (job.request().json ? plan::plan_json(job).dump(2) + "\n" : plan::plan_report(job));
  return 0;
}

}  // namespace

Command replay_command() {
  return {"replay",
          "Make a video again from the job that its file holds; flags overrule it.",
          "VIDEO [-o FILE|DIR/] [flags]",
          {"rain.mp4 -o again.mp4", "rain.mp4 --seed 8 --model 720p_t2v -o other.mp4"},
          {all_settings(), {config_flag(), dry_run_flag()}, "VIDEO"},
          run};
}

}  // namespace kinema::cli
