// What is read ahead of a job is what the job then takes, in the order in which it does.
#include "pipeline/read_ahead.h"

#include <set>
#include <string>
#include <vector>

#include <c10/core/InferenceMode.h>
#include <catch2/catch.hpp>

#include "pipeline/tiny_job.h"
#include "support/temp_folder.h"

using namespace kinema;

namespace {

struct Taken {
  std::vector<std::string> read;           // components, in the order of reading
  std::vector<report::StageMeasure> made;  // stages that took any
};

// Makes the job after everything has been read.
Taken taken(const config::Request& request) {
  const c10::InferenceMode inference;
  const auto job = test::planned(request);
  parallel::Team team;
  test::Silent progress;
  pipeline::Stages stages(at::kCPU, team, progress);
  pipeline::TensorDump dump(std::nullopt);
  pipeline::Runtime runtime{{job.model, at::kCPU, at::kFloat, team}, job.request(), stages, dump};
  const auto model = pipeline::make_video_model(job.model, pipeline::Keep::kNothing);
  const auto ahead = pipeline::read_ahead(runtime, *model, pipeline::Work::kGenerate);
  ahead->wait();
  model->encode_prompts(runtime, {&job.request()});
  pipeline::generate(runtime, *model, "");
  stages.read_ahead(ahead->measures());
  Taken result;
  for (const auto& read : ahead->measures()) result.read.push_back(read.name);
  for (const auto& stage : stages.measures())
    if (!stage.loads.empty()) result.made.push_back(stage);
  return result;
}

// Every load was read ahead, at least the bytes that were taken.
void check_loads(const Taken& job) {
  std::multiset<std::string> read(job.read.begin(), job.read.end()), loaded;
  for (const auto& stage : job.made) {
    for (const auto& [component, load] : stage.loads) {
      CAPTURE(stage.stage, component);
      loaded.insert(component);
      CHECK(load.bytes > 0);
      CHECK(load.ahead_bytes >= load.bytes);
      CHECK(load.cached_bytes <= load.ahead_bytes);
    }
  }
  CHECK(read == loaded);
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("text encoders are read first, then the transformer, then what decodes") {
  const test::TempFolder folder;
  auto request = test::tiny_request(test::kHunyuan, "t2v", folder.path() / "frames");
  request.save_tensors.reset();
  const auto quoted = taken(request);
  CHECK(quoted.read == Names{"text_encoder", "text_encoder_2", "transformer", "vae"});
  check_loads(quoted);
  request.prompt = "A fox runs past a sign";
  request.overwrite = true;
  const auto plain = taken(request);
  CHECK(plain.read == Names{"text_encoder", "transformer", "vae"});
  check_loads(plain);
}

TEST_CASE("a job with sound reads its networks too") {
  const test::TempFolder folder;
  auto request = test::tiny_request(test::kLtx2, "t2v", folder.path() / "frames");
  const auto job = taken(request);
  CHECK(job.read ==
        Names{"text_encoder", "connectors", "transformer", "audio_vae", "vocoder", "vae"});
  check_loads(job);
}

#ifdef KINEMA_FFMPEG
TEST_CASE("a picture's encoders are read between texts and transformer") {
  const test::TempFolder folder;
  auto request = test::tiny_request(test::kHunyuan, "i2v", folder.path() / "frames");
  request.save_tensors.reset();
  const auto job = taken(request);
  CHECK(job.read ==
        Names{"text_encoder", "text_encoder_2", "image_encoder", "vae", "transformer", "vae"});
  check_loads(job);
}
#endif
