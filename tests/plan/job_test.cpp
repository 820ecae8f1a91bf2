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
#include "plan/planned_job.h"

using namespace kinema;
using namespace kinema::plan;
using config::Request;
using namespace kinema::test;
namespace fs = std::filesystem;

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

TEST_CASE("guidance may be for a part of the steps") {
  auto request = tiny();
  request.num_inference_steps = 10;
  request.guidance_stop = 0.35;
  const auto part = planned(request).job;
  CHECK(part.model.rules().sampling_text(part) == "guidance 6 in steps 1 to 3, shift 5");
  CHECK(part.model.rules().denoiser(part).guided_share == Approx(0.3));
  request.guidance_start = 0.5;
  CHECK(planned(request).wrong ==
        "--guidance-start 0.5 lies behind --guidance-stop 0.35 | --guidance-start 0 or "
        "--guidance-stop 1\n");
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

TEST_CASE("devices are not replaced, and names that cannot be are refused") {
  auto request = tiny();
  request.overwrite = true;
  for (const char* device : {"/dev/null", "/dev/stdout", "/proc/self/fd/1"}) {
    request.metrics = device;
    CHECK(planned(request).wrong ==
          std::string(device) + " is a device; --metrics wants a file | another --metrics\n");
  }
  request.metrics = "/tmp/" + std::string(300, 'x');
  CHECK_THAT(planned(request).wrong, Catch::Contains("File name too long | another --metrics\n"));
  request.metrics.reset();
  request.output = "/tmp/" + std::string(300, 'x') + ".mp4";
  CHECK_THAT(planned(request).wrong, Catch::Contains("File name too long | another --output\n"));
}

TEST_CASE("frames go into a folder that takes them") {
  auto request = tiny();
  request.output.reset();
  request.frames_dir = "/proc";
  // A mount point; who may not write into / is told of that.
  CHECK_THAT(planned(request).wrong,
             Catch::StartsWith("/proc") && Catch::Contains(" | another --frames-dir"));
  request.frames_dir = "/proc/self/task";
  CHECK_THAT(planned(request).wrong,
             Catch::StartsWith("/proc/self/task: /proc/self takes no new file: "));
}

TEST_CASE("frames that a disk has no room for are told of") {
  auto request = tiny();
  request.codec = config::Codec::kFfv1;
  request.output = "/tmp/kinema-{seed}.mkv";
  const auto told = [&] {
    const auto notes = planned(request).job.notes;
    return std::any_of(notes.begin(), notes.end(), [](const auto& note) {
      return note.starts_with("/tmp/kinema-{seed}.mkv may need 138241.38 GB, and its disk has ");
    });
  };
  CHECK_FALSE(told());
  request.width = 1280;
  request.height = 720;
  request.num_frames = 100'001;
  request.num_outputs_per_prompt = 1000;
  CHECK(told());
}

TEST_CASE("endings may be capital letters") {
  auto request = tiny();
  request.output = "/tmp/KINEMA.MP4";
  CHECK(planned(request).wrong.empty());
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
        "--device cuda:1: this build's LibTorch knows the CPU only | --device cpu, or a build with "
        "a LibTorch that has CUDA\n");
  request = tiny();
  request.kernels = config::Kernels::kFused;
  CHECK(planned(request, "t2v", surroundings).wrong ==
        "--kernels fused: this build has no kernels of its own | --kernels reference, or a build "
        "with -DKINEMA_CUDA=ON\n");
  surroundings.kernels_build = true;
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
