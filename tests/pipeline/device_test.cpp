// Whole jobs on a device that is not the host: every tensor must be made or brought there.
#include <string>
#include <vector>

#include <ATen/ops/add.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/ones.h>
#include <catch2/catch.hpp>

#include "comm/gloo.h"
#include "pipeline/played_device.h"
#include "pipeline/tiny_job.h"
#include "support/ranks.h"
#include "support/temp_folder.h"

using namespace kinema;
using test::PlayedDevice;
using test::require;

namespace {

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const auto& name : names) text += name + " ";
  return text;
}

// Runs the job of `request` in as many processes as it has ranks, all on the played device.
void run_on_device(const config::Request& request, at::ScalarType type) {
  const auto job = test::planned(request);
  const plan::DeviceMesh mesh(job.parallel);
  test::run_ranks(static_cast<int>(mesh.world_size()), [&](comm::Rendezvous& rendezvous) {
    parallel::Team team(mesh, rendezvous.rank(),
                        [&](const std::string& name, const std::vector<int>& members) {
                          return comm::gloo_group(rendezvous, name, members);
                        });
    const PlayedDevice played;
    test::Silent progress;
    test::generate(job, team, PlayedDevice::device(), type, progress);
    require(played.mixed().empty(), "on both sides: " + joined(played.mixed()));
    require(played.operations() > 500, "the job ran on the device");
  });
}

}  // namespace

TEST_CASE("an operation on tensors of both sides is noticed") {
  const PlayedDevice played;
  const auto there = at::empty({3}, at::kMeta), number = at::ones({});
  at::add(there, number);
  CHECK(played.mixed().empty());
  CHECK(at::ones({3}).to(at::kMeta).to(at::kCPU).sum().item<float>() == 0);
  CHECK(there.sum().item<float>() == 1);
  CHECK(played.values_read() == 1);
  // Copied there in two operators, back in one that is answered, and one value: for these a GPU is
  // waited for.
  CHECK(played.waits() == std::vector<std::string>{"aten::_to_copy", "aten::copy_",
                                                   "aten::_to_copy", "aten::_local_scalar_dense"});
  at::empty({3}).copy_(there, /*non_blocking=*/true);
  CHECK(played.waits().size() == 4);
  CHECK(played.mixed().empty());
  CHECK_THROWS(at::add(there, at::ones({3})));
  CHECK(played.mixed() == std::vector<std::string>{"aten::add"});
}

TEST_CASE("text-to-video runs on a device", "[device]") {
  const auto type = GENERATE(at::kFloat, at::kBFloat16);
  const auto tiling = GENERATE(config::VaeTiling::kOn, config::VaeTiling::kOff);
  const auto family = GENERATE(test::kHunyuan, test::kLtx2);
  CAPTURE(family);
  const test::TempFolder folder;
  auto job = test::tiny_request(family, "t2v", folder.path() / "frames");
  job.vae_tiling = tiling;
  CHECK_NOTHROW(run_on_device(job, type));
}

#ifdef KINEMA_FFMPEG
TEST_CASE("image-to-video runs on a device", "[device]") {
  const auto family = GENERATE(test::kHunyuan, test::kLtx2);
  CAPTURE(family);
  const test::TempFolder folder;
  CHECK_NOTHROW(
      run_on_device(test::tiny_request(family, "i2v", folder.path() / "frames"), at::kBFloat16));
}
#endif

TEST_CASE("every layout runs on devices", "[device]") {
  const auto family = GENERATE(test::kHunyuan, test::kLtx2);
  CAPTURE(family);
  const test::TempFolder folder;
  auto job = test::tiny_request(family, "t2v", folder.path() / "frames");
  job.vae_tiling = config::VaeTiling::kOn;
  job.vae_tile_size = 64, job.vae_tile_stride = family == test::kLtx2 ? 32 : 48;
  SECTION("guidance branches and tiles") {
    job.cfg_parallel_size = 2;
    job.vae_patch_parallel_size = 3;
  }
  SECTION("Ulysses") { job.ulysses_degree = 2; }
  SECTION("ring") { job.ring_degree = 2; }
  SECTION("ring of Ulysses groups") { job.ring_degree = 2, job.ulysses_degree = 2; }
  SECTION("tensor parallel") { job.tensor_parallel_size = 2; }
  CHECK_NOTHROW(run_on_device(job, at::kBFloat16));
}
