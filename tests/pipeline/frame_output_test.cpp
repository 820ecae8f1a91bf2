// Frames on their way to files, as RGB and as planes.
#include "pipeline/frame_output.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/ops/rand.h>
#include <catch2/catch.hpp>

#include "pipeline/tiny_job.h"
#include "support/temp_folder.h"

using namespace kinema;

namespace {

using Files = std::map<std::string, std::string>;

Files files_in(const std::filesystem::path& folder) {
  Files files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    std::ifstream file(entry.path(), std::ios::binary);
    files[entry.path().filename()] = {std::istreambuf_iterator<char>(file), {}};
  }
  return files;
}

}  // namespace

TEST_CASE("A video of planes is the video of RGB, beside the same pictures", "[output]") {
  auto written = [](std::unique_ptr<nn::PixelPlanes> planes) {
    const test::TempFolder folder;
    auto request = test::tiny_request(test::kHunyuan, "t2v", folder.path() / "frames");
    request.output = folder.path() / "video.mp4";
    const auto job = test::planned(request);
    test::Silent progress;
    parallel::Team alone;
    pipeline::Stages stages(at::kCPU, alone, progress);
    pipeline::TensorDump dump(std::nullopt);
    const pipeline::Runtime runtime{
        {job.model, at::kCPU, at::kFloat, alone}, job.request(), stages, dump};
    // Only the kernels make planes.
    REQUIRE(pipeline::planes_of(runtime) == nullptr);
    pipeline::FrameOutput output(runtime, "", std::nullopt, std::move(planes));
    const std::vector<int64_t> size = {1, 3, 9, *job.request().height, *job.request().width};
    output.add(at::rand(size, at::detail::createCPUGenerator(4)).mul_(2.4).sub_(1.2));
    output.commit();
    CHECK(output.frames() == 9);
    return files_in(folder.path());
  };
  const auto rgb = written(nullptr), planes = written(std::make_unique<nn::PixelPlanes>());
  CHECK(rgb.size() == 10);
  CHECK(rgb.at("video.mp4").size() > 1000);
  CHECK(rgb == planes);
}
