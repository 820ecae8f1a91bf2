// Checked before the job begins, as everything that is written.
#include "preview_flags.h"

#include "base/atomic_file.h"
#include "base/log.h"
#include "base/path_text.h"
#include "config/value_text.h"

namespace kinema::cli {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kEvery = 5;

int64_t steps_between(const CommandLine& line) {
  const auto text = line.value("--preview-every");
  if (!text) return kEvery;
  const auto value = config::Value<int64_t>::parse(*text);
  if (value && *value >= 1) return *value;
  throw Error(ErrorKind::kUsage,
              "--preview-every must be a whole number of at least 1, not " + *text);
}

fs::path file_of(const CommandLine& line, const plan::Job& job) {
  auto beside = job.request().output.value_or("video.mp4");
  const fs::path file = line.value("--preview").value_or(beside.replace_extension(".preview.png"));
  if (file.extension() != ".png") {
    throw Error(ErrorKind::kUsage, "--preview " + file.string() + ": a preview is a .png file",
                "--preview " + shell_word(fs::path(file).replace_extension(".png").string()));
  }
  check_folder_of(file, "another --preview");
  return file;
}

std::string terminal_of(const CommandLine& line, const plan::Job& job) {
  const auto form = line.value("--preview-terminal").value_or("");
  if (form.empty()) return form;
  if (form != "kitty" && form != "iterm2")
    throw Error(ErrorKind::kUsage, "--preview-terminal must be kitty or iterm2, not " + form);
  if (job.parallel.world_size() > 1) {
    throw Error(ErrorKind::kUsage,
                "--preview-terminal is for one process; several share the terminal's lines",
                "--preview FILE");
  }
  return form;
}

}  // namespace

std::vector<VerbFlag> preview_flags() {
  return {{{"--preview"},
           "FILE.png",
           "show there what is being made, decoded every few steps with a second copy of the VAE's "
           "decoder on the first GPU; {step} in the name keeps each [<output>.preview.png]"},
          {{"--preview-every"}, "N", "previews, after so many steps each [5]"},
          {{"--preview-terminal"},
           "kitty|iterm2",
           "previews in the terminal as well, if it knows this protocol"}};
}

Json preview_task(const CommandLine& line, const plan::Job& job) {
  if (!line.has("--preview") && !line.has("--preview-every") && !line.has("--preview-terminal"))
    return {};
  Json preview = {{"file", file_of(line, job).string()}, {"every", steps_between(line)}};
  if (const auto form = terminal_of(line, job); !form.empty()) preview["terminal"] = form;
  return {{"preview", preview}};
}

}  // namespace kinema::cli
