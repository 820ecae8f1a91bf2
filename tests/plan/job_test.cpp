// Jobs are resolved from the checkpoint, and everything wrong with one is told at once.
#include "plan/job.h"

#include <algorithm>
#include <filesystem>
#include <fstream>

#include <catch2/catch.hpp>
#include <sys/mman.h>
#include <unistd.h>

#include "config/outputs.h"
#include "plan/handover.h"
#include "plan/plan_report.h"

using namespace kinema;
using namespace kinema::plan;
using config::Request;
namespace fs = std::filesystem;

namespace {

const fs::path kData = fs::path(KINEMA_TEST_DATA) / "hunyuan15";

Surroundings around() {
  Surroundings made;
  made.cores = 2;
  made.host_memory = 8'000'000'000;
  made.random_seed = 1234;
  return made;
}

struct Planned {
  Job job;
  std::string wrong;
};

Planned planned(const Request& request,
                const std::string& variant = "t2v",
                Surroundings surroundings = around()) {
  config::Settings settings;
  settings.request = request;
  settings.request.model = kData / variant / "model";
  config::Violations violations;
  auto model = read_model(settings.request);
  auto job = plan_job(std::move(settings), std::move(model), surroundings, violations);
  std::string text;
  for (const auto& one : violations.all())
    text += one.what + (one.hint.empty() ? "" : " | " + one.hint) + "\n";
  return {std::move(job), text};
}

Request tiny() {
  Request request;
  request.prompt = "a fox";
  request.width = 112;
  request.height = 80;
  request.num_frames = 9;
  request.seed = 7;
  request.output = "/tmp/kinema-job-test.mp4";
  return request;
}

}  // namespace

TEST_CASE("an empty job takes everything from the checkpoint") {
  Request request;
  const auto [job, wrong] = planned(request);
  CHECK(wrong.empty());
  const auto& r = job.request();
  CHECK(job.model.title == "HunyuanVideo 1.5");
  CHECK(job.model.variant == "480p_t2v");
  CHECK(r.width == 848);
  CHECK(r.height == 480);
  CHECK(r.num_frames == 121);
  CHECK(r.fps == config::Rational{24, 1});
  CHECK(r.num_inference_steps == 50);
  CHECK(r.guidance_scale == 6.0);
  CHECK(r.flow_shift == 5.0);
  CHECK(r.seed == 1234);
  CHECK(r.threads == 2);
  CHECK(r.dtype == config::Dtype::kFloat32);
  CHECK(r.device.kind == config::Device::Kind::kCpu);
  CHECK(r.vae_tiling == config::VaeTiling::kOff);
  CHECK(r.vae_tile_stride == 192);
  CHECK(r.output == "model-1234.mp4");
  CHECK(r.crf == 18);
  CHECK(job.settings.source("flow_shift") == "scheduler/scheduler_config.json");
  CHECK(job.settings.source("seed") == "random");
  CHECK(job.notes ==
        std::vector<std::string>{"seed 1234 (random; --seed 1234 makes this video again)"});
  CHECK(job.tokens == 49290);
}

TEST_CASE("a step-distilled image-to-video checkpoint has its own defaults") {
  Request request;
  request.image = "fox.png";
  auto surroundings = around();
  surroundings.picture = FrameSize{1000, 750};
  const auto [job, wrong] = planned(request, "i2v", surroundings);
  CHECK(wrong.empty());
  CHECK(job.model.variant == "64px_i2v_step_distilled");
  CHECK(job.request().num_inference_steps == 12);
  CHECK(job.request().guidance_scale == 1.0);
  CHECK(job.request().width == 64);
  CHECK(job.request().height == 48);
  CHECK(job.memory.stages.size() == 4);
}

TEST_CASE("sizes, frames and quality are refused together with the nearest legal values") {
  auto request = tiny();
  request.width = 830;
  request.height = 470;
  request.num_frames = 120;
  request.crf = 60;
  request.output = "/no/such/folder/x.avi";
  CHECK(planned(request).wrong ==
        "830x470: width must be a multiple of 16 | --width 832\n"
        "830x470: height must be a multiple of 16 | --height 464\n"
        "120 frames: HunyuanVideo 1.5 makes 4k+1 frames | --num-frames 117 or 121, or "
        "--round-frames up\n"
        "/no/such/folder/x.avi: h264 video goes into .mp4 or .mkv | -o /no/such/folder/x.mp4\n"
        "--crf 60: h264 takes 1 to 51 | --crf 51\n"
        "/no/such/folder/x.avi: /no/such/folder does not exist | mkdir -p "
        "/no/such/folder\n");
}

TEST_CASE("one side alone, and two ways to say one thing") {
  auto request = tiny();
  request.height.reset();
  request.duration = 1.0;
  CHECK(planned(request).wrong ==
        "--width is given without --height | give both, or neither for the model's size\n"
        "--num-frames and --duration both say how long the video is | give one of them\n");
  request = tiny();
  request.aspect_ratio = config::AspectRatio{1, 1};
  CHECK(planned(request).wrong ==
        "--width and --height already say what --resolution and --aspect-ratio would | give one or "
        "the other\n");
}

TEST_CASE("durations") {
  auto request = tiny();
  request.num_frames.reset();
  request.duration = 5.0;
  CHECK(planned(request).wrong ==
        "5 s at 24 fps is 120 frames; HunyuanVideo 1.5 makes 4k+1 | --num-frames 117 (4.88 s) or "
        "121 (5.04 s), or "
        "--round-frames up\n");
  request.round_frames = config::RoundFrames::kUp;
  const auto up = planned(request);
  CHECK(up.wrong.empty());
  CHECK(up.job.request().num_frames == 121);
  CHECK(up.job.notes.front() == "121 frames instead of 120 (--round-frames)");
  request.round_frames = config::RoundFrames::kDown;
  CHECK(planned(request).job.request().num_frames == 117);
  request.duration = 121.0 / 24;
  request.round_frames = config::RoundFrames::kNo;
  CHECK(planned(request).wrong.empty());
}

TEST_CASE("sizes by class and shape") {
  Request request;
  request.resolution = config::Resolution::k720p;
  CHECK(planned(request).job.request().width == 1280);
  request.aspect_ratio = config::AspectRatio{9, 16};
  CHECK(planned(request).job.request().height == 1264);
}

TEST_CASE("pictures and checkpoints must fit") {
  auto request = tiny();
  request.image = "fox.png";
  CHECK(planned(request).wrong ==
        "this checkpoint is text-to-video; --image needs an image-to-video one (found 480p_t2v) | "
        "leave --image out, or "
        "another --model\n");
  CHECK(planned(tiny(), "i2v").wrong ==
        "this checkpoint is image-to-video (64px_i2v_step_distilled); it needs a picture | --image "
        "PATH\n");
}

TEST_CASE("several outputs have several names and seeds that exist") {
  auto request = tiny();
  request.num_outputs_per_prompt = 3;
  request.save_latents = "{output}.latents.safetensors";
  const auto [job, wrong] = planned(request);
  CHECK(wrong.empty());
  const auto files = config::output_files(job.request());
  REQUIRE(files.size() == 3);
  CHECK(files[1].video == "/tmp/kinema-job-test-8.mp4");
  CHECK(files[1].latents == "/tmp/kinema-job-test-8.latents.safetensors");
  request.seed = UINT64_MAX - 1;
  CHECK(planned(request).wrong ==
        "3 outputs from seed 18446744073709551614 go beyond the largest seed, 2^64-1\n");
}

TEST_CASE("existing files are not overwritten, and no two outputs share a name") {
  const fs::path path = "/tmp/kinema-job-test-exists.mp4";
  std::ofstream(path) << "x";
  auto request = tiny();
  request.output = path;
  CHECK(planned(request).wrong == path.string() + " exists | --overwrite, or another -o\n");
  request.overwrite = true;
  CHECK(planned(request).wrong.empty());
  request.metrics = path;
  CHECK(planned(request).wrong == "--output and --metrics would both write " + path.string() +
                                      " | give them different names\n");
  fs::remove(path);
}

TEST_CASE("a folder as output, frames without a video, ffv1") {
  auto request = tiny();
  request.output = "/tmp/";
  CHECK(planned(request).job.request().output == "/tmp/model-7.mp4");
  request.codec = config::Codec::kFfv1;
  CHECK(planned(request).job.request().output == "/tmp/model-7.mkv");
  request = tiny();
  request.output.reset();
  request.frames_dir = "/tmp/kinema-frames";
  const auto frames = planned(request);
  CHECK(frames.wrong.empty());
  CHECK_FALSE(frames.job.request().output);
}

TEST_CASE("devices") {
  auto request = tiny();
  auto surroundings = around();
  surroundings.gpus = {"NVIDIA H200"};
  CHECK(planned(request, "t2v", surroundings).job.request().device.kind ==
        config::Device::Kind::kCpu);
  surroundings.cuda_build = true;
  const auto job = planned(request, "t2v", surroundings).job;
  CHECK(job.request().device == config::Device{config::Device::Kind::kCuda, 0});
  CHECK(job.request().dtype == config::Dtype::kBfloat16);
  CHECK(job.memory.stages.front().mapped == 0);
  request.device = {config::Device::Kind::kCuda, 1};
  CHECK(planned(request, "t2v", surroundings).wrong ==
        "--device cuda:1: 1 visible GPU | --device cuda:0\n");
  CHECK(planned(request).wrong ==
        "--device cuda:1: this build computes on the CPU only | --device cpu\n");
  request = tiny();
  request.kernels = config::Kernels::kFused;
  CHECK(planned(request, "t2v", surroundings).wrong.empty());
  CHECK(planned(request).wrong ==
        "--kernels fused: the kernels are for GPUs | --kernels reference\n");
}

TEST_CASE("tiles") {
  auto request = tiny();
  request.vae_tile_size = 100;
  request.vae_tile_stride = 120;
  CHECK_FALSE(planned(request).wrong.empty());
  request.vae_tile_size = 64;
  request.vae_tile_stride.reset();
  CHECK(planned(request).job.request().vae_tile_stride == 48);
  request.vae_tiling = config::VaeTiling::kOff;
  CHECK(planned(request).wrong ==
        "--vae-tile-size and --vae-tile-stride mean nothing with --vae-tiling off | --vae-tiling "
        "on\n");
}

TEST_CASE(
    "memory: tiles are chosen where whole frames would not fit, and a job that cannot fit is "
    "refused") {
  Request request;
  request.resolution = config::Resolution::k720p;
  request.num_frames = 5;
  request.seed = 1;
  request.vae_tile_size = 64;
  const auto roomy = planned(request).job;
  CHECK(roomy.request().vae_tiling == config::VaeTiling::kOff);
  const auto whole = roomy.memory.stages.back();
  request.vae_tiling = config::VaeTiling::kOn;
  const auto tiled = planned(request).job.memory.stages.back();
  CHECK(tiled.peak() < whole.peak());
  request.vae_tiling = config::VaeTiling::kAuto;
  request.max_memory = static_cast<double>(whole.peak() - whole.mapped) * 1e-9 - 0.001;
  const auto chosen = planned(request);
  CHECK(chosen.wrong.empty());
  CHECK(chosen.job.request().vae_tiling == config::VaeTiling::kOn);
  CHECK(chosen.job.notes.back() == "decoding in tiles: whole frames would not fit");
  request.vae_tiling = config::VaeTiling::kOff;
  request.vae_tile_size.reset();
  CHECK(planned(request).wrong.find("decode needs") == 0);
  CHECK(planned(request).wrong.find("--vae-tiling on") != std::string::npos);
}

TEST_CASE("a planned job travels to the engine and back") {
  const auto job = planned(tiny()).job;
  const int descriptor = memfd_create("test", 0);
  REQUIRE(descriptor >= 0);
  const auto text = handover_text(job);
  REQUIRE(write(descriptor, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  for (int reader = 0; reader < 2; ++reader) {  // several ranks read the same descriptor
    const auto back = read_handover(descriptor);
    CHECK(back.request.width == 112);
    CHECK(back.request.prompt == "a fox");
    CHECK(back.request.flow_shift == 5.0);
    CHECK(back.planned["stages"].contains("denoise"));
  }
  close(descriptor);
  CHECK_THROWS_AS(read_handover(-1), Error);
}

TEST_CASE("--parallel auto writes its choice down as if it had been typed") {
  auto request = tiny();
  request.parallel = config::ParallelChoice::kAuto;
  request.num_gpus = 4;
  request.width = 320, request.height = 240;
  request.vae_tile_size = 64, request.vae_tile_stride = 48;
  const auto [job, wrong] = planned(request);
  CHECK(wrong.empty());
  const auto& r = job.request();
  CHECK(r.parallel == config::ParallelChoice::kManual);
  CHECK(r.cfg_parallel_size == 2);
  CHECK(r.vae_patch_parallel_size == 4);
  CHECK(job.settings.source("ulysses_degree") == "--parallel auto");
  CHECK(job.parallel.denoising() == 4);
  CHECK(job.notes.front().starts_with("layout " + layout_flags(job.parallel) + " (--parallel"));
  // The same again from what was written down.
  auto again = tiny();
  again.width = 320, again.height = 240;
  again.num_gpus = 4;
  again.cfg_parallel_size = r.cfg_parallel_size, again.ulysses_degree = r.ulysses_degree;
  again.ring_degree = r.ring_degree, again.tensor_parallel_size = r.tensor_parallel_size;
  again.vae_patch_parallel_size = r.vae_patch_parallel_size;
  CHECK(planned(again).job.parallel == job.parallel);
  CHECK(explanation(job).find("layouts of 4 ranks") == 0);
}

TEST_CASE("a video of one tile is not decoded in tiles to keep ranks busy") {
  auto request = tiny();
  request.parallel = config::ParallelChoice::kAuto;
  request.num_gpus = 2;
  const auto [job, wrong] = planned(request);
  CHECK(wrong.empty());
  CHECK(job.parallel.vae_patch == 1);
  CHECK(job.request().vae_tiling == config::VaeTiling::kOff);
}

TEST_CASE("--parallel auto needs a number and no degrees") {
  auto request = tiny();
  request.parallel = config::ParallelChoice::kAuto;
  CHECK(planned(request).wrong == "--parallel auto needs a number of GPUs | --num-gpus N\n");
  request.num_gpus = 2, request.ulysses_degree = 2;
  CHECK(planned(request).wrong ==
        "--parallel auto chooses the degrees; they cannot be given too | leave out either "
        "--parallel auto or the degrees\n");
  request = tiny();
  request.parallel = config::ParallelChoice::kAuto;
  auto started = around();
  started.ranks = 2, started.local_ranks = 2;
  CHECK(planned(request, "t2v", started).job.parallel.cfg == 2);
  request.num_gpus = 1000;
  CHECK_THAT(planned(request).wrong, Catch::Matchers::Contains("--num-gpus 1000: 4 heads"));
}

TEST_CASE("of the layouts that fit the fastest is chosen") {
  auto request = tiny();
  request.parallel = config::ParallelChoice::kAuto;
  request.num_gpus = 4;
  request.dtype = config::Dtype::kBfloat16;  // stored in float32, so converted and not mapped
  const auto needed = [](const Job& job) {
    const auto& stages = job.memory.stages;
    const auto denoise = std::find_if(stages.begin(), stages.end(),
                                      [](const auto& stage) { return stage.stage == "denoise"; });
    return denoise->peak() - denoise->mapped;
  };
  const auto free = planned(request);
  CHECK(free.wrong.empty());
  CHECK(free.job.parallel.hsdp_shard == 0);
  request.max_memory = static_cast<double>(needed(free.job) - 1) * 1e-9;
  const auto tight = planned(request);
  CHECK(needed(tight.job) < needed(free.job));
  CHECK(tight.job.predicted.step.total() >= free.job.predicted.step.total());
}

TEST_CASE("processes that another launcher started are compared with their machine's GPUs") {
  auto request = tiny();
  request.device = {config::Device::Kind::kCuda, 0};
  request.cfg_parallel_size = 2, request.ulysses_degree = 2;
  auto nodes = around();
  nodes.cuda_build = true;
  nodes.gpus = {"NVIDIA H200", "NVIDIA H200"};
  CHECK_THAT(planned(request, "t2v", nodes).wrong, Catch::Matchers::Contains("2 GPUs are visible"));
  nodes.ranks = 4, nodes.local_ranks = 2;
  CHECK(planned(request, "t2v", nodes).wrong.empty());
  CHECK(planned(request, "t2v", nodes).job.predicted.rates.ranks_per_machine == 2);
  nodes.local_ranks = 4;
  CHECK(planned(request, "t2v", nodes).wrong ==
        "4 processes were started on this machine, but 2 GPUs are visible | start one process for "
        "each GPU, or --share-gpus\n");
}

TEST_CASE("blocks stay as far as --max-memory allows") {
  auto request = tiny();
  request.offload = config::Offload::kBlock;
  const auto unbounded = planned(request);
  CHECK(unbounded.wrong.empty());
  REQUIRE(unbounded.job.predicted.stream);
  CHECK(unbounded.job.request().resident_blocks == 0);
  CHECK(unbounded.job.request().stream_slots.has_value());
  const int64_t blocks = unbounded.job.predicted.stream->shape.blocks;
  CHECK(unbounded.job.predicted.stream->units() == blocks);
  CHECK(unbounded.job.predicted.stream->home == "the files");

  request.max_memory = 1;
  CHECK(planned(request).job.request().resident_blocks == blocks);
  // Whatever is given, the plan keeps to it with as many blocks as can stay.
  int64_t before = 0;
  const auto needed = [](const Job& job) {
    for (const auto& stage : job.memory.stages) {
      if (stage.stage == "denoise") return stage.peak() - stage.mapped;
    }
    return uint64_t{0};
  };
  const auto least = needed(unbounded.job);
  for (uint64_t more = 0; more < 3'000'000; more += 150'000) {
    request.max_memory = static_cast<double>(least + more) * 1e-9;
    const auto [job, wrong] = planned(request);
    const auto resident = *job.request().resident_blocks;
    CHECK(resident >= before);
    CHECK(needed(job) <= least + more);
    before = resident;
    if (resident == blocks) continue;
    // One more would be too much.
    auto beyond = request;
    beyond.resident_blocks = resident + 1;
    CHECK(needed(planned(beyond).job) > least + more);
  }
  CHECK(before == blocks);
}

TEST_CASE("settings of streamed blocks without streamed blocks are refused") {
  config::Settings settings;
  settings.request = tiny();
  settings.request.model = kData / "t2v" / "model";
  settings.request.resident_blocks = 2;
  settings.sources["resident_blocks"] = "--resident-blocks";
  config::Violations violations;
  auto model = read_model(settings.request);
  plan_job(settings, model, around(), violations);
  REQUIRE(violations.all().size() == 1);
  CHECK(violations.all().front().what ==
        "--resident-blocks is about blocks that come and go, but all of them stay");
  settings.request.offload = config::Offload::kBlock;
  settings.request.resident_blocks = 1000;
  config::Violations too_many;
  plan_job(settings, model, around(), too_many);
  CHECK_THAT(too_many.all().front().what, Catch::Matchers::StartsWith("--resident-blocks 1000: "));
}

TEST_CASE("HSDP's gathers are planned with their times") {
  auto request = tiny();
  request.use_hsdp = true;
  request.hsdp_shard_size = 2;
  const auto [job, wrong] = planned(request);
  CHECK(wrong.empty());
  REQUIRE(job.predicted.stream);
  CHECK(job.predicted.stream->home == "shards of 2 ranks");
  CHECK(job.predicted.stream->times.fetch > 0);
  CHECK(job.predicted.step.weights == job.predicted.stream->exposed_seconds);
  CHECK(plan_report(job).find("units + root") != std::string::npos);
  CHECK(plan_json(job)["predicted"]["stream"]["units"] == job.predicted.stream->shape.blocks);
}

TEST_CASE("what does not fit whole is offered in blocks") {
  auto request = tiny();
  request.device = {config::Device::Kind::kCuda, 0};
  auto machine = around();
  machine.cuda_build = true;
  machine.gpus = {"NVIDIA H200"};
  const auto text_encoder = [&] {
    return planned(request, "t2v", machine).job.memory.stages.front().peak();
  };
  const auto whole = text_encoder();
  request.offload = config::Offload::kBlock;
  const auto streamed = text_encoder();
  REQUIRE(streamed < whole);  // three layers, two at a time
  request.offload = config::Offload::kNone;
  request.max_memory = static_cast<double>(whole - 1) * 1e-9;
  const auto offer = "--offload block (" + gigabytes(streamed) + " GB)";
  CHECK_THAT(planned(request, "t2v", machine).wrong, Catch::Matchers::Contains(offer));
}
