// Whole jobs on a device that is not the host: every tensor must be made or brought there.
#include <filesystem>

#include <ATen/Parallel.h>
#include <ATen/ops/add.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/ones.h>
#include <c10/core/InferenceMode.h>
#include <catch2/catch.hpp>

#include "comm/gloo.h"
#include "pipeline/generate.h"
#include "pipeline/played_device.h"
#include "plan/job.h"
#include "support/ranks.h"
#include "support/temp_folder.h"

using namespace kinema;
using test::PlayedDevice;
using test::require;

namespace {

const std::filesystem::path kData = KINEMA_TEST_DATA;
const std::string kHunyuan = "hunyuan15", kLtx2 = "ltx2";

class Silent : public report::Progress {
  void stage_began(const std::string&, int64_t) override {}
  void step_ended(int64_t, int64_t) override {}
  void stage_ended(const report::StageEnd&) override {}
};

config::Request request(const std::string& family,
                        const std::string& variant,
                        const std::filesystem::path& frames) {
  const auto folder = kData / family / variant;
  config::Request request;
  request.model = folder / "model";
  request.prompt = "A fox runs past a sign \"Open\"";
  request.num_frames = 9;
  request.num_inference_steps = 2;
  request.guidance_scale = 6;
  request.seed = 7;
  request.threads = 1;
  request.frames_dir = frames;
  request.save_tensors = frames.parent_path() / "tensors.safetensors";
  if (variant == "i2v") {
    request.image = folder / "image.png";
    if (family == kLtx2) request.image_crf = 0;
  }
  if (family == kLtx2) {
    request.width = 96, request.height = 64;
    request.max_sequence_length = 128;
  } else if (variant == "t2v") {
    request.width = 112, request.height = 80;
  }
  return request;
}

plan::Job planned(const config::Request& request) {
  config::Settings settings;
  settings.request = request;
  config::Violations violations;
  plan::Surroundings around;
  if (request.image) around.picture = plan::FrameSize{84, 50};
  auto job = plan::plan_job(std::move(settings), plan::read_model(request), around, violations);
  violations.throw_if_any();
  return job;
}

void generate(const plan::Job& job, parallel::Team& team, at::ScalarType type) {
  const c10::InferenceMode inference;
  Silent progress;
  const auto device = PlayedDevice::device();
  pipeline::Stages stages(device, team, progress);
  pipeline::TensorDump dump(team.is_first() ? job.request().save_tensors : std::nullopt);
  pipeline::Runtime runtime{{job.model, device, type, team}, job.request(), stages, dump};
  const auto model = pipeline::make_video_model(job.model, pipeline::Keep::kNothing);
  model->encode_prompts(runtime, {&job.request()});
  const auto frames = pipeline::generate(runtime, *model, "").frames;
  require(!team.is_first() || frames == *job.request().num_frames, "every frame was written");
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const auto& name : names) text += name + " ";
  return text;
}

// Runs the job of `request` in as many processes as it has ranks, all on the played device.
void run_on_device(const config::Request& request, at::ScalarType type) {
  const auto job = planned(request);
  const plan::DeviceMesh mesh(job.parallel);
  test::run_ranks(static_cast<int>(mesh.world_size()), [&](comm::Rendezvous& rendezvous) {
    parallel::Team team(mesh, rendezvous.rank(),
                        [&](const std::string& name, const std::vector<int>& members) {
                          return comm::gloo_group(rendezvous, name, members);
                        });
    const PlayedDevice played;
    generate(job, team, type);
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
  CHECK(played.mixed().empty());
  CHECK_THROWS(at::add(there, at::ones({3})));
  CHECK(played.mixed() == std::vector<std::string>{"aten::add"});
}

TEST_CASE("text-to-video runs on a device", "[device]") {
  const auto type = GENERATE(at::kFloat, at::kBFloat16);
  const auto tiling = GENERATE(config::VaeTiling::kOn, config::VaeTiling::kOff);
  const auto family = GENERATE(kHunyuan, kLtx2);
  CAPTURE(family);
  const test::TempFolder folder;
  auto job = request(family, "t2v", folder.path() / "frames");
  job.vae_tiling = tiling;
  CHECK_NOTHROW(run_on_device(job, type));
}

#ifdef KINEMA_FFMPEG
TEST_CASE("image-to-video runs on a device", "[device]") {
  const auto family = GENERATE(kHunyuan, kLtx2);
  CAPTURE(family);
  const test::TempFolder folder;
  CHECK_NOTHROW(run_on_device(request(family, "i2v", folder.path() / "frames"), at::kBFloat16));
}
#endif

TEST_CASE("every layout runs on devices", "[device]") {
  const auto family = GENERATE(kHunyuan, kLtx2);
  CAPTURE(family);
  const test::TempFolder folder;
  auto job = request(family, "t2v", folder.path() / "frames");
  job.vae_tiling = config::VaeTiling::kOn;
  job.vae_tile_size = 64, job.vae_tile_stride = family == kLtx2 ? 32 : 48;
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
