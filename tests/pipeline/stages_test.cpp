// What a trace adds to a stage with steps.
#include "pipeline/stages.h"

#include <algorithm>

#include <ATen/ops/zeros.h>
#include <catch2/catch.hpp>

#include "pipeline/played_device.h"
#include "pipeline/step_end.h"
#include "pipeline/tiny_job.h"
#include "support/temp_folder.h"

using namespace kinema;
using test::PlayedDevice;

namespace {

int64_t calls(const report::StageMeasure& stage, const std::string& name) {
  const auto found = std::find_if(stage.kernels.begin(), stage.kernels.end(),
                                  [&](const auto& one) { return one.name == name; });
  return found == stage.kernels.end() ? 0 : found->calls;
}

}  // namespace

TEST_CASE("the second step's kernels are counted, and no other's") {
  const auto device = GENERATE(at::Device(at::kCPU), PlayedDevice::device());
  const int64_t steps = GENERATE(2, 3, 4);
  CAPTURE(device, steps);
  const PlayedDevice played;
  const test::TempFolder folder;
  const auto job =
      test::planned(test::tiny_request(test::kHunyuan, "t2v", folder.path() / "frames"));
  parallel::Team alone;
  test::Silent progress;
  pipeline::Stages stages(device, alone, progress);
  pipeline::TensorDump dump(std::nullopt);
  pipeline::Runtime runtime{{job.model, device, at::kFloat, alone}, job.request(), stages, dump};
  stages.trace();
  stages.begin("denoise", steps);
  pipeline::StepEnds ends(runtime, steps);
  const auto latents = at::zeros({4}, at::TensorOptions(device));
  for (int64_t step = 1; step <= steps; ++step) {
    if (step == 1) latents.sin();
    if (step == 2) latents.cos(), latents.cos();
    if (step > 2) latents.tan();
    ends(step, {latents}, [] { return pipeline::Latents(); });
  }
  ends.finish();
  stages.end();
  const auto& denoise = stages.measures().back();
  CHECK(denoise.step_seconds.size() == static_cast<size_t>(steps));
  CHECK(calls(denoise, "aten::cos") == 2);
  CHECK(calls(denoise, "aten::sin") + calls(denoise, "aten::tan") == 0);
}
