// kinema inspect: what a checkpoint, a safetensors file or a video holds.
#include <iostream>

#include "command.h"
#include "engine_process.h"
#include "plan/inspection.h"

namespace kinema::cli {
namespace {

namespace fs = std::filesystem;

bool is_video(const fs::path& path) {
  const auto extension = path.extension();
  return extension == ".mp4" || extension == ".mkv";
}

int run(const Command& self, const CommandLine& line) {
  if (line.positionals.size() != 1) {
    throw Error(ErrorKind::kUsage,
                line.positionals.empty() ? "a path is missing" : "one path at a time",
                "kinema inspect " + self.usage);
  }
  const fs::path path = line.positionals.front();
  config::Settings settings;
  config::Violations violations;
  config::apply_flags(line.settings, settings, violations);
  violations.throw_if_any();
  const bool json = settings.request.json;
  if (!fs::exists(path)) throw Error(ErrorKind::kModel, path.string() + ": no such file or folder");
  // FFmpeg's libraries take longer to load than everything else here.
  if (is_video(path))
    become_engine(json ? std::vector<std::string>{"--inspect", path, "--json"}
                       : std::vector<std::string>{"--inspect", path});
  const auto found = plan::inspect(path, settings.request);
  std::cout << (json ? found.json.dump(2) + "\n" : plan::inspection_text(found.json));
  found.faults.throw_if_any();
  return 0;
}

}  // namespace

Command inspect_command() {
  return {"inspect",
          "Show what a checkpoint, a safetensors file or a video holds.",
          "PATH [--lora FILE] [--json]",
          {"/models/HunyuanVideo-1.5-Diffusers-480p_t2v", "rain.mp4 --json"},
          {{"lora", "lora_ignore_unmatched", "json"}, {}, "PATH"},
          run};
}

}  // namespace kinema::cli
