// What the steps of a denoising may not do: let the host wait for the device, or use more and more
// memory.
#include <algorithm>
#include <memory>
#include <optional>
#include <vector>

#include <c10/core/Allocator.h>
#include <c10/util/ThreadLocalDebugInfo.h>
#include <catch2/catch.hpp>

#include "pipeline/played_device.h"
#include "pipeline/tiny_job.h"
#include "support/temp_folder.h"

using namespace kinema;
using test::PlayedDevice;

namespace {

constexpr int64_t kSteps = 5;

// Memory of this thread's tensors on the CPU, as LibTorch's allocator reports it.
class CountedMemory : public c10::MemoryReportingInfoBase {
 public:
  void reportMemoryUsage(void*, int64_t bytes, size_t, size_t, c10::Device) override {
    live += bytes;
    if (bytes > 0) ++allocations;
    peak = std::max(peak, live);
  }
  bool memoryProfilingEnabled() const override { return true; }

  int64_t live = 0, peak = 0, allocations = 0;
};

// Calls `at_end` at the end of each denoising step, from 1.
template <typename AtEnd>
class AtSteps : public test::Silent {
 public:
  explicit AtSteps(AtEnd at_end) : at_end_(std::move(at_end)) {}

 private:
  void stage_began(const std::string& stage, int64_t) override { denoises_ = stage == "denoise"; }
  void step_ended(int64_t done, int64_t) override {
    if (denoises_) at_end_(done);
  }

  AtEnd at_end_;
  bool denoises_ = false;
};

plan::Job job_of(const std::string& family,
                 const std::string& variant,
                 const test::TempFolder& folder) {
  auto request = test::tiny_request(family, variant, folder.path() / "frames");
  request.num_inference_steps = kSteps;
  request.save_tensors.reset();  // which waits for what it saves
  return test::planned(request);
}

}  // namespace

TEST_CASE("no step waits for the device", "[steps]") {
  const auto family = GENERATE(test::kHunyuan, test::kLtx2);
  CAPTURE(family);
  const test::TempFolder folder;
  const PlayedDevice played;
  std::vector<size_t> waits;  // before the end of each step
  AtSteps progress([&](int64_t) { waits.push_back(played.waits().size()); });
  parallel::Team alone;
  test::generate(job_of(family, "t2v", folder), alone, PlayedDevice::device(), at::kBFloat16,
                 progress);
  REQUIRE(waits.size() == kSteps);
  // The others lie before the first step and after the last.
  for (size_t i = waits.front(); i < waits.back(); ++i) UNSCOPED_INFO(played.waits()[i]);
  CHECK(waits.back() == waits.front());
  CHECK(played.waits().size() > waits.back());  // the frames are read
}

TEST_CASE("no step keeps memory or wants more than the one before", "[steps]") {
  const auto family = GENERATE(test::kHunyuan, test::kLtx2);
  CAPTURE(family);
  const test::TempFolder folder;
  const auto memory = std::make_shared<CountedMemory>();
  struct Step {
    int64_t live, peak, allocations;
  };
  std::vector<Step> steps;
  AtSteps progress([&](int64_t) {
    steps.push_back({memory->live, memory->peak, memory->allocations});
    memory->peak = memory->live, memory->allocations = 0;
  });
  parallel::Team alone;
  {
    const c10::DebugInfoGuard counted(c10::DebugInfoKind::PROFILER_STATE, memory);
    test::generate(job_of(family, "t2v", folder), alone, at::kCPU, at::kFloat, progress);
  }
  REQUIRE(steps.size() == kSteps);
  // The first step also makes what the others only read.
  for (size_t i = 2; i < steps.size(); ++i) {
    CAPTURE(i);
    CHECK(steps[i].live == steps[1].live);
    CHECK(steps[i].peak == steps[1].peak);
    CHECK(steps[i].allocations == steps[1].allocations);
  }
  CHECK(steps[1].allocations > 0);
  CHECK(steps[1].peak > steps[1].live);
}

TEST_CASE("every attention of a step is by a fused kernel, and none has a mask", "[steps]") {
  const auto family = GENERATE(test::kHunyuan, test::kLtx2);
  CAPTURE(family);
  const test::TempFolder folder;
  const auto job = job_of(family, "t2v", folder);
  const c10::InferenceMode inference;
  test::Silent progress;
  parallel::Team alone;
  pipeline::Stages stages(at::kCPU, alone, progress);
  pipeline::TensorDump dump(std::nullopt);
  pipeline::Runtime runtime{{job.model, at::kCPU, at::kFloat, alone}, job.request(), stages, dump};
  const auto model = pipeline::make_video_model(job.model, pipeline::Keep::kNothing);
  model->encode_prompts(runtime, {&job.request()});
  model->denoise(runtime);
  stages.end();
  const auto& denoise = stages.measures().back();
  REQUIRE(denoise.stage == "denoise");
  REQUIRE_FALSE(denoise.attention.empty());
  for (const auto& use : denoise.attention) {
    CAPTURE(use.queries, use.keys);
    CHECK(use.kernel == "flash");
    CHECK_FALSE(use.biased);
    CHECK(use.calls > 0);
  }
}
