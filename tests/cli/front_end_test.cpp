// What transcripts cannot show: that LibTorch stays out, and what is handed to the engine.
#include <chrono>
#include <fstream>
#include <iterator>
#include <thread>

#include <catch2/catch.hpp>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/json.h"
#include "cli/transcript.h"

using namespace kinema::test;
namespace fs = std::filesystem;

namespace {

const char* const kHeavy[] = {"torch", "libc10", "cuda", "libav", "libsw"};

// A folder with a copy of the program and a shell script in the engine's place.
class FakeEngine {
 public:
  explicit FakeEngine(const std::string& script) {
    auto name = (fs::temp_directory_path() / "kinema-engine-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    folder_ = name;
    fs::create_directories(folder_ / "build/x");
    fs::copy_file(KINEMA_PROGRAM, program());
    std::ofstream(folder_ / "build/x/kinema-engine") << "#!/bin/sh\n" << script << "\n";
    fs::permissions(folder_ / "build/x/kinema-engine", fs::perms::owner_all);
  }
  ~FakeEngine() { fs::remove_all(folder_); }
  fs::path program() const { return folder_ / "build/x/kinema"; }
  const fs::path& folder() const { return folder_; }

 private:
  fs::path folder_;
};

}  // namespace

TEST_CASE("neither LibTorch nor FFmpeg is among the program's libraries") {
  const auto libraries = run("LD_TRACE_LOADED_OBJECTS=1 kinema");
  CHECK(libraries.exit_code == 0);
  CHECK(libraries.out.find("libc.so") != std::string::npos);
  for (const char* word : kHeavy) CHECK(libraries.out.find(word) == std::string::npos);
}

TEST_CASE("a process that plans has loaded neither") {
  int input[2];
  REQUIRE(pipe(input) == 0);
  const auto model = fs::path(KINEMA_TEST_DATA) / "hunyuan15/t2v/model";
  const pid_t child = fork();
  if (child == 0) {
    dup2(input[0], 0);
    close(input[0]);
    close(input[1]);
    dup2(open("/dev/null", O_WRONLY), 1);
    execl(KINEMA_PROGRAM, "kinema", "plan", "--model", model.c_str(), "-p", "-",
          static_cast<char*>(nullptr));
    _exit(127);
  }
  close(input[0]);
  // It waits for its prompt; by then everything that it ever loads for a plan is there.
  std::string maps, wait_channel;
  for (int attempt = 0; attempt < 500 && wait_channel.find("pipe") == std::string::npos;
       ++attempt) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    std::ifstream channel("/proc/" + std::to_string(child) + "/wchan");
    std::getline(channel, wait_channel);
    std::ifstream in("/proc/" + std::to_string(child) + "/maps");
    maps.assign(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
    if (attempt > 50 && maps.find("libstdc++") != std::string::npos) break;
  }
  REQUIRE(write(input[1], "a fox", 5) == 5);
  close(input[1]);
  int status = 0;
  waitpid(child, &status, 0);
  CHECK(WEXITSTATUS(status) == 0);
  CHECK(maps.find("libstdc++") != std::string::npos);
  for (const char* word : kHeavy) CHECK(maps.find(word) == std::string::npos);
}

TEST_CASE("the engine inherits the process and the resolved job") {
  const FakeEngine engine("echo $$ $1; cat /proc/self/fd/$2; exit 42");
  const auto outcome =
      run("printf 'a fox\\n' | (echo $$; exec " + engine.program().string() +
          " generate --model $T2V -p - -W 112 -H 80 --num-frames 9 --seed 7 -o x.mp4)");
  CHECK(outcome.exit_code == 42);
  CHECK(outcome.err.empty());
  std::istringstream lines(outcome.out);
  std::string shell, first, json;
  std::getline(lines, shell);
  std::getline(lines, first);
  std::getline(lines, json);
  CHECK(first.ends_with(" --request-fd"));
  const auto job = kinema::Json::parse(json)["job"];
  CHECK(job["prompt"] == "a fox");
  CHECK(job["width"] == 112);
  CHECK(job["num_inference_steps"] == 50);
  CHECK(job["flow_shift"] == 5.0);
  CHECK(job["output"] == "x.mp4");
}

TEST_CASE("the process number stays") {
  const FakeEngine engine("echo $$");
  const auto outcome = run("sh -c 'echo $$; exec " + engine.program().string() +
                           " generate --model $T2V -p x --seed 1 -q'");
  const auto middle = outcome.out.find('\n');
  REQUIRE(middle != std::string::npos);
  CHECK(outcome.out.substr(0, middle) + "\n" == outcome.out.substr(middle + 1));
}

TEST_CASE("without an engine the error says what to build") {
  const FakeEngine engine("true");
  fs::remove(engine.folder() / "build/x/kinema-engine");
  const auto outcome = run(engine.program().string() + " generate --model $T2V -p x --seed 1 -q");
  CHECK(outcome.exit_code == 70);
  CHECK(outcome.err.find("hint: build the target kinema_engine") != std::string::npos);
}

TEST_CASE("shipped models are found beside the program, by default and by name") {
  const FakeEngine engine("cat /proc/self/fd/$2");
  const auto models = engine.folder() / "configs/models";
  fs::create_directories(models);
  const auto data = fs::path(KINEMA_TEST_DATA) / "hunyuan15";
  fs::create_directory_symlink(data / "i2v/model", models / "a-pictures");
  fs::create_directory_symlink(data / "t2v/model", models / "b-words");
  const auto program = engine.program().string();
  const auto listed = run(program + " models");
  CHECK(listed.out ==
        "a-pictures               HunyuanVideo 1.5 64px_i2v_step_distilled (image to video)\n"
        "b-words                  HunyuanVideo 1.5 480p_t2v (text to video)\n");
  const auto chosen = run(program + " generate -p x --seed 1");
  CHECK(chosen.err == "note: model b-words (shipped with this program; --model takes another)\n");
  const auto named = run(program + " plan --model b-words --seed 1");
  CHECK(named.exit_code == 0);
  const auto mistyped = run(program + " plan --model b-word --seed 1");
  CHECK(mistyped.exit_code == 4);
  CHECK(mistyped.err ==
        "error: b-word: no such model folder or shipped model\n  hint: did you mean b-words?\n");
  const auto variable = run(program + " plan --seed 1 --json", {{"KINEMA_MODEL", "b-words"}});
  CHECK(kinema::Json::parse(variable.out)["sources"]["model"] == "KINEMA_MODEL");
}

TEST_CASE("prompts arrive as they were typed") {
  const FakeEngine engine("cat /proc/self/fd/$2");
  const auto program = engine.program().string();
  for (const std::string prompt :
       {"[a, b]", "{x}", "--no", "%41 \\n \"quoted\"", "-", "狐狸 🦊", "a=b", "@@at", ""}) {
    if (prompt == "-") continue;
    INFO(prompt);
    const auto outcome =
        run(program + " generate --model $T2V --seed 1 -p \"$PROMPT\"", {{"PROMPT", prompt}});
    REQUIRE(outcome.exit_code == 0);
    CHECK(kinema::Json::parse(outcome.out)["job"]["prompt"] == (prompt == "@@at" ? "@at" : prompt));
  }
}
