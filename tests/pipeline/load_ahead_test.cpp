// Networks that are loaded beside an earlier stage: the same video, an error where it is needed,
// and nothing left behind.
#include "pipeline/load_ahead.h"

#include <deque>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <string>

#include <c10/core/InferenceMode.h>
#include <catch2/catch.hpp>

#include "base/error.h"
#include "pipeline/component.h"
#include "pipeline/tiny_job.h"
#include "support/temp_folder.h"

using namespace kinema;
using pipeline::LoadAhead;

namespace {

std::string bytes_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

struct Made {
  std::string tensors;  // of every stage, as they are saved
  std::map<std::string, report::LoadMeasure> loads;
};

// As the engine does: one job after the other.
class Jobs {
 public:
  Jobs(const config::Request& first, pipeline::Keep keep)
      : facts_(plan::read_model(first)), model_(pipeline::make_video_model(facts_, keep)) {}

  Made make(config::Request request, config::LoadAhead networks);

 private:
  const c10::InferenceMode inference_;
  const plan::ModelFacts facts_;
  parallel::Team team_;
  // Of all jobs so far. What is over stays where it was, so that who still looks at it is seen.
  std::deque<std::optional<LoadAhead>> aheads_;
  std::unique_ptr<pipeline::VideoModel> model_;
};

Made Jobs::make(config::Request request, config::LoadAhead networks) {
  request.load_ahead = networks;
  request.overwrite = true;
  const auto job = test::planned(request);
  test::Silent progress;
  pipeline::Stages stages(at::kCPU, team_, progress);
  pipeline::TensorDump dump(job.request().save_tensors);
  pipeline::Runtime runtime{{facts_, at::kCPU, at::kBFloat16, team_}, job.request(), stages, dump};
  auto& ahead = aheads_.emplace_back();
  runtime.ahead = &ahead.emplace();
  model_->load_ahead(runtime);
  model_->encode_prompts(runtime, {&job.request()});
  pipeline::generate(runtime, *model_, "");
  ahead.reset();
  Made result{bytes_of(*request.save_tensors), {}};
  for (const auto& stage : stages.measures()) {
    for (const auto& [component, load] : stage.loads) result.loads[component] = load;
  }
  return result;
}

Made made(const config::Request& request, config::LoadAhead networks) {
  return Jobs(request, pipeline::Keep::kNothing).make(request, networks);
}

// A job that nothing is made of.
struct Idle {
  const c10::InferenceMode inference;
  test::TempFolder folder;
  plan::Job job =
      test::planned(test::tiny_request(test::kHunyuan, "t2v", folder.path() / "frames"));
  parallel::Team team;
  test::Silent progress;
  pipeline::Stages stages{at::kCPU, team, progress};
  pipeline::TensorDump dump{std::nullopt};
  pipeline::Runtime runtime{{job.model, at::kCPU, at::kFloat, team}, job.request(), stages, dump};
};

}  // namespace

TEST_CASE("what is loaded ahead makes the same video to the bit") {
  const auto family = GENERATE(test::kHunyuan, test::kLtx2);
  const auto offload = GENERATE(config::Offload::kNone, config::Offload::kBlock);
  CAPTURE(family, static_cast<int>(offload));
  const test::TempFolder folder;
  auto request = test::tiny_request(family, "t2v", folder.path() / "frames");
  request.offload = offload;
  request.dtype = config::Dtype::kBfloat16;
  const auto apart = made(request, config::LoadAhead::kNone);
  const auto beside = made(request, config::LoadAhead::kAll);
  CHECK(beside.tensors == apart.tensors);
  for (const char* component : {"transformer", "vae"}) {
    CAPTURE(component);
    CHECK(apart.loads.at(component).beside_seconds == 0);
    CHECK(beside.loads.at(component).beside_seconds > 0);
    CHECK(beside.loads.at(component).bytes == apart.loads.at(component).bytes);
  }
}

TEST_CASE("a network that was loaded ahead serves jobs after its own, also with other steps") {
  const auto family = GENERATE(test::kHunyuan, test::kLtx2);
  CAPTURE(family);
  const test::TempFolder folder;
  auto request = test::tiny_request(family, "t2v", folder.path() / "frames");
  Jobs jobs(request, pipeline::Keep::kNetworks);
  jobs.make(request, config::LoadAhead::kAll);
  request.num_inference_steps = 3;
  const auto second = jobs.make(request, config::LoadAhead::kAll);
  CHECK(second.tensors == made(request, config::LoadAhead::kNone).tensors);
  CHECK_FALSE(second.loads.contains("vae"));
}

TEST_CASE("what loading throws comes out where the network is needed") {
  Idle idle;
  LoadAhead ahead;
  auto loaded = ahead.begin(idle.runtime, LoadAhead::When::kNow, [](const pipeline::Runtime&) {
    throw Error(ErrorKind::kModel, "model.safetensors: ends early");
  });
  CHECK_THROWS_WITH(ahead.wait(loaded), "model.safetensors: ends early");
  CHECK_FALSE(loaded.valid());
}

TEST_CASE("what waits for the first step begins with it, or when it is needed") {
  Idle idle;
  LoadAhead ahead;
  std::atomic<int> begun = 0;
  const auto load = [&](const pipeline::Runtime&) { ++begun; };
  auto first = ahead.begin(idle.runtime, LoadAhead::When::kAfterFirstStep, load);
  CHECK(begun == 0);
  ahead.step_done();
  first.wait();
  CHECK(begun == 1);
  ahead.step_done();
  auto second = ahead.begin(idle.runtime, LoadAhead::When::kAfterFirstStep, load);
  ahead.wait(second);
  CHECK(begun == 2);
}

TEST_CASE("a job that ends early gives up what is being loaded") {
  Idle idle;
  std::shared_future<void> loaded;
  {
    LoadAhead ahead;
    std::promise<void> begun;
    loaded = ahead.begin(idle.runtime, LoadAhead::When::kNow, [&](const pipeline::Runtime& own) {
      pipeline::OpenComponent component(own, "transformer", {});
      begun.set_value();
      for (;;) component.source().take("proj_out.bias", {-1});
    });
    begun.get_future().wait();
  }
  CHECK_THROWS_WITH(loaded.get(), "loading was given up");
}
