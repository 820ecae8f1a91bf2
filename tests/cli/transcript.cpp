// Runs a shell with its streams in files: simple, and no pipe can fill up.
#include "cli/transcript.h"

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include <sys/wait.h>
#include <unistd.h>

namespace kinema::test {
namespace {

namespace fs = std::filesystem;

std::string text_of(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size())) {
    text.replace(at, what.size(), by);
  }
  return text;
}

std::string quoted(const std::string& text) { return "'" + replaced(text, "'", "'\\''") + "'"; }

// A folder that is gone when the object goes.
struct Scratch {
  fs::path path;
  Scratch() {
    auto name = (fs::temp_directory_path() / "kinema-cli-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no scratch folder");
    path = name;
    fs::create_directories(path / "here");
    // A copy stands alone: no conversation can start the engine by mistake.
    fs::create_directories(path / "bin");
    fs::copy_file(KINEMA_PROGRAM, path / "bin/kinema");
  }
  ~Scratch() { fs::remove_all(path); }
};

}  // namespace

Outcome run(const std::string& command, const std::map<std::string, std::string>& environment) {
  const Scratch scratch;
  const fs::path data = fs::path(KINEMA_TEST_DATA) / "hunyuan15";
  std::string script = "unset KINEMA_MODEL KINEMA_LOG NO_COLOR CUDA_VISIBLE_DEVICES\n";
  script += "export PATH=" + quoted((scratch.path / "bin").string()) + ":$PATH\n";
  script += "export T2V=" + quoted((data / "t2v/model").string()) +
            " I2V=" + quoted((data / "i2v/model").string()) + "\n";
  for (const auto& [name, value] : environment)
    script += "export " + name + "=" + quoted(value) + "\n";
  script += "cd " + quoted((scratch.path / "here").string()) + "\n" + command + "\n";
  std::ofstream(scratch.path / "script") << script;
  const auto at = [&scratch](const char* name) { return quoted((scratch.path / name).string()); };
  const int status =
      std::system(("sh " + at("script") + " </dev/null >" + at("out") + " 2>" + at("err")).c_str());
  auto clean = [&](const char* name) {
    return replaced(replaced(text_of(scratch.path / name), data.string(), "$DATA"),
                    scratch.path.string(), "$SCRATCH");
  };
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, clean("out"), clean("err")};
}

std::string transcript(const std::string& command, const Outcome& outcome) {
  std::string text = "$ " + command + "\nexit " + std::to_string(outcome.exit_code) + "\n";
  if (!outcome.out.empty()) text += "--- stdout\n" + outcome.out;
  if (!outcome.err.empty()) text += "--- stderr\n" + outcome.err;
  return text;
}

std::string command_of(const std::string& stored) {
  const auto line = stored.substr(0, stored.find('\n'));
  return line.starts_with("$ ") ? line.substr(2) : line;
}

}  // namespace kinema::test
