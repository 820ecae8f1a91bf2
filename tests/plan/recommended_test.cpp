// What a model says about itself is used where nobody says anything else.
#include "plan/recommended.h"

#include <fstream>

#include <catch2/catch.hpp>

#include "plan/job.h"
#include "support/temp_folder.h"

using namespace kinema;
using namespace kinema::plan;
using config::Request;
namespace fs = std::filesystem;

namespace {

class Model {
 public:
  explicit Model(const std::string& recommended) {
    fs::copy(fs::path(KINEMA_TEST_DATA) / "hunyuan15/t2v/model", folder(),
             fs::copy_options::recursive);
    std::ofstream(folder() / "kinema.json") << recommended;
  }
  fs::path folder() const { return temp_.path() / "model"; }

  Job planned(Request request, Surroundings around = {}) const {
    request.prompt = "a fox";
    request.model = folder();
    request.output = temp_.path() / "out.mp4";
    config::Settings settings;
    settings.request = request;
    config::Violations violations;
    auto job = plan_job(std::move(settings), read_model(request), around, violations);
    for (const auto& one : violations.all()) INFO(one.what);
    CHECK(violations.empty());
    return job;
  }

 private:
  test::TempFolder temp_;
};

constexpr const char* kAll =
    R"({"width": 96, "height": 64, "num_frames": 9, "fps": 12, "num_inference_steps": 7})";

}  // namespace

TEST_CASE("a model's own settings are what a job starts from") {
  const Model model(kAll);
  const auto job = model.planned({});
  const auto& request = job.request();
  CHECK(request.width == 96);
  CHECK(request.height == 64);
  CHECK(request.num_frames == 9);
  CHECK(request.fps == config::Rational{12, 1});
  CHECK(request.num_inference_steps == 7);
  CHECK(job.settings.source("num_frames") == "kinema.json");
}

TEST_CASE("whoever says something about a subject gets nothing of the model's on it") {
  const Model model(kAll);
  Request request;
  request.duration = 1.0;
  request.fps = config::Rational{8, 1};
  request.round_frames = config::RoundFrames::kUp;
  request.aspect_ratio = config::AspectRatio{1, 1};
  auto job = model.planned(request);
  CHECK(job.request().num_frames == 9);  // 8 rounded up
  CHECK(job.request().width == job.request().height);
  CHECK(job.request().num_inference_steps == 7);

  request = {};
  request.width = 48;
  request.height = 48;
  job = model.planned(request);
  CHECK(job.request().width == 48);
  CHECK(job.request().num_frames == 9);
}

TEST_CASE("a model cannot bring settings of another family") {
  const Model model(R"({"modality_scale": 1})");
  Request request;
  request.prompt = "a fox";
  request.model = model.folder();
  request.output = "out.mp4";
  config::Settings settings;
  settings.request = request;
  config::Violations violations;
  plan_job(std::move(settings), read_model(request), {}, violations);
  REQUIRE(violations.all().size() == 1);
  CHECK_THAT(violations.all().front().what, Catch::Contains("(kinema.json)"));
}

TEST_CASE("a model cannot bring what is the user's") {
  test::TempFolder temp;
  auto wrong = [&](const std::string& text) {
    std::ofstream(temp.path() / "kinema.json") << text;
    try {
      read_recommended(temp.path());
    } catch (const Error& error) {
      return fs::path(error.what()).filename().string();
    }
    return std::string("nothing");
  };
  CHECK(wrong(R"({"output": "x.mp4"})") ==
        "kinema.json: \"output\" is no setting that a model can bring");
  CHECK(wrong(R"({"num_frames": "many"})") ==
        "kinema.json: \"num_frames\" must be a whole number from 1 to 100000, not \"many\"");
  CHECK(wrong(R"({"task": "sound"})") ==
        "kinema.json: \"task\" can only be \"text to video\", not \"sound\"");
  CHECK(wrong("[]") == "kinema.json: an object of settings is wanted");
  fs::remove(temp.path() / "kinema.json");
  CHECK(read_recommended(temp.path()).settings == nullptr);
}

TEST_CASE("a model can say that it takes no pictures") {
  test::TempFolder temp;
  const auto folder = temp.path() / "model";
  fs::copy(fs::path(KINEMA_TEST_DATA) / "ltx2/t2v/model", folder, fs::copy_options::recursive);
  const auto refusals = [&](const char* json) {
    std::ofstream(folder / "kinema.json") << json;
    Request request;
    request.model = folder;
    request.prompt = "a fox";
    request.image = temp.path() / "fox.png";
    request.output = temp.path() / "out.mp4";
    config::Settings settings;
    settings.request = request;
    config::Violations violations;
    plan_job(std::move(settings), read_model(request), {}, violations);
    std::string all;
    for (const auto& one : violations.all()) all += one.what + "\n";
    return all;
  };
  CHECK_THAT(refusals("{}"), !Catch::Contains("text alone"));
  CHECK_THAT(refusals(R"({"task": "text to video"})"),
             Catch::Contains("makes videos of text alone, as its kinema.json says, but --image"));
}
