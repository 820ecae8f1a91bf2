// What a batch remembers, and when it believes it.
#include "batch/state.h"

#include <fstream>

#include <catch2/catch.hpp>

#include "batch/lock.h"
#include "batch/queue.h"
#include "batch/unit.h"
#include "plan/model_facts.h"
#include "support/temp_folder.h"

using namespace kinema;
using batch::Existing;
using batch::Standing;
using batch::State;

namespace {

batch::Unit unit(const std::filesystem::path& output, double guidance = 6) {
  batch::Unit made;
  made.id = "fox-7";
  made.request.prompt = "a fox";
  made.request.seed = 7;
  made.request.guidance_scale = guidance;
  made.request.output = output;
  made.hash = batch::content_hash(made.request, "model");
  return made;
}

void write(const std::filesystem::path& path, const std::string& text) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path) << text;
}

}  // namespace

TEST_CASE("a hash is of what decides the frames") {
  const auto first = unit("a.mp4");
  CHECK(unit("b.mp4").hash == first.hash);
  CHECK(unit("a.mp4", 5).hash != first.hash);
  auto other = first.request;
  other.num_gpus = 4;
  other.ulysses_degree = 4;
  other.metrics = "m.json";
  other.threads = 3;
  CHECK(batch::content_hash(other, "model") == first.hash);
  CHECK(batch::content_hash(other, "another model") != first.hash);
  other.vae_tiling = config::VaeTiling::kOn;
  CHECK(batch::content_hash(other, "model") != first.hash);
}

TEST_CASE("a model's identity is of its LoRA files and how strongly they count") {
  const auto data = std::filesystem::path(KINEMA_TEST_DATA) / "hunyuan15";
  const auto identity = [&](std::optional<std::vector<config::Lora>> lora) {
    config::Request request;
    request.model = data / "t2v/model";
    request.lora = std::move(lora);
    return batch::model_identity(plan::read_model(request));
  };
  const auto first = data / "lora/first.safetensors", second = data / "lora/second.safetensors";
  const auto with = identity({{{first, 0.5}}});
  CHECK(with == identity({{{first, 0.5}}}));
  CHECK(with != identity({}));
  CHECK(with != identity({{{first, 0.6}}}));
  CHECK(with != identity({{{second, 0.5}}}));
  CHECK(with != identity({{{first, 0.5}, {second, 0.5}}}));
}

TEST_CASE("an output is finished when the state and the disk agree") {
  const test::TempFolder folder;
  const auto made = unit(folder.path() / "out" / "fox.mp4");
  const auto standing = [&] {
    return batch::standing(made, State(folder.path() / "state", {}), Existing::kResume);
  };
  CHECK(standing() == Standing::kOpen);
  write(*made.request.output, "video");
  CHECK_THROWS_WITH(standing(), Catch::Contains("this batch does not know it"));
  State(folder.path() / "state", {}).add_finished(made, {{"frames", 9}});
  CHECK(standing() == Standing::kFinished);
  CHECK(batch::standing(made, State(folder.path() / "state", {}), Existing::kOverwrite) ==
        Standing::kOpen);
  // A line that was cut short, and what comes after it.
  std::ofstream(folder.path() / "state" / "state.jsonl", std::ios::app) << "{\"id\": \"x";
  State(folder.path() / "state", {}).add_failed("x", "", Error(ErrorKind::kIo, "no"));
  CHECK(standing() == Standing::kFinished);
  write(*made.request.output, "another video");
  CHECK_THROWS_AS(standing(), Error);
  std::filesystem::remove(*made.request.output);
  CHECK(standing() == Standing::kOpen);
}

TEST_CASE("a folder is moved with its state") {
  const test::TempFolder folder;
  const auto before = unit(folder.path() / "one" / "fox.mp4");
  write(*before.request.output, "video");
  State(folder.path() / "one" / "state", {}).add_finished(before, {});
  std::filesystem::rename(folder.path() / "one", folder.path() / "two");
  CHECK(
      State(folder.path() / "two" / "state", {}).finished(unit(folder.path() / "two" / "fox.mp4")));
}

TEST_CASE("latents without a video are decoded, and a video newer than they is theirs") {
  const test::TempFolder folder;
  const auto made = unit(folder.path() / "fox.mp4");
  const State state(folder.path() / "state", {});
  state.prepare();
  write(state.latents(made), "latents");
  CHECK(batch::standing(made, state, Existing::kResume) == Standing::kHasLatents);
  write(*made.request.output, "video");
  CHECK(batch::standing(made, state, Existing::kResume) == Standing::kFinished);
  const auto saved = std::filesystem::last_write_time(state.latents(made));
  std::filesystem::last_write_time(*made.request.output, saved - std::chrono::seconds(1));
  CHECK(batch::standing(made, state, Existing::kResume) == Standing::kHasLatents);
}

TEST_CASE("a file that another job made says how it differs") {
  const test::TempFolder folder;
  const auto before = unit(folder.path() / "fox.mp4"), now = unit(folder.path() / "fox.mp4", 5);
  write(*before.request.output, "video");
  State(folder.path() / "state", {}).add_finished(before, {});
  CHECK_THROWS_WITH(batch::standing(now, State(folder.path() / "state", {}), Existing::kResume),
                    Catch::Contains("made from another job (guidance_scale 6.0 -> 5.0)"));
  State(folder.path() / "state", {}).add_overwritable(now);
  const State allowed(folder.path() / "state", {});
  CHECK(batch::standing(now, allowed, Existing::kResume) == Standing::kOpen);
  CHECK_FALSE(allowed.finished(before));
}

TEST_CASE("failures since a moment are counted over all processes") {
  const test::TempFolder folder;
  State(folder.path(), {}).add_failed("old", "1", Error(ErrorKind::kIo, "no"));
  const State before(folder.path(), {});
  CHECK(before.failed_since().empty());
  State(folder.path(), {}).add_failed("new", "2", Error(ErrorKind::kIo, "no"));
  CHECK(before.failed_since() == std::set<std::string>{"new", "2"});
}

TEST_CASE("shards have states of their own and know each other's") {
  const test::TempFolder folder;
  const auto made = unit(folder.path() / "fox.mp4");
  write(*made.request.output, "video");
  State(folder.path() / "state", {1, 2}).add_finished(made, {});
  CHECK(State(folder.path() / "state", {2, 2}).finished(made));
  CHECK(State(folder.path() / "state", {}).finished(made));
}

TEST_CASE("what a crash has left is passed over, what is damaged is named") {
  const test::TempFolder folder;
  const auto file = folder / "state.jsonl";
  const auto fault = [&](const std::string& text) {
    write(file, text);
    try {
      const State state(folder.path(), {});
      return std::string();
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::kConfig);
      return std::string(error.what()).substr(file.string().size());
    }
  };
  CHECK(fault("{\"schema\": 1, \"id\": \"fo\n\n" + std::string(9, '\0') + "\n{}\n").empty());
  CHECK(fault("{}\nrubbish\n") == ":2: is no line of a batch's state, which is a JSON object");
  CHECK(fault("[1]\n") == ":1: is no line of a batch's state, which is a JSON object");
  CHECK(fault("{\"output\": 7}\n") == ":1: \"output\" must be a text, not 7");
  CHECK(fault("{\"bytes\": -1}\n") == ":1: \"bytes\" must be a file's size, not -1");
  CHECK(fault("{\"schema\": 2}\n") == ":1: \"schema\" 2 is not known, 1 is");
}
