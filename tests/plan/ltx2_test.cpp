// LTX-2 in planning: the reference's defaults, what follows from them, and what is refused.
#include <filesystem>
#include <fstream>

#include <catch2/catch.hpp>

#include "plan/job.h"
#include "plan/ltx2_rules.h"
#include "plan/plan_report.h"
#include "support/temp_folder.h"

using namespace kinema;
using namespace kinema::plan;
using config::Request;
namespace fs = std::filesystem;

namespace {

const fs::path kData = fs::path(KINEMA_TEST_DATA);

struct Planned {
  Job job;
  std::string wrong;
};

// `given`: keys that the user set.
Planned planned(const Request& request,
                const std::vector<std::string>& given = {},
                const fs::path& model = kData / "ltx2/i2v/model") {
  config::Settings settings;
  settings.request = request;
  settings.request.model = model;
  for (const auto& key : given) settings.sources[key] = "job.json:4";
  Surroundings around;
  around.cores = 2, around.host_memory = 64'000'000'000, around.random_seed = 3;
  config::Violations violations;
  auto facts = read_model(settings.request);
  auto job = plan_job(std::move(settings), std::move(facts), around, violations);
  std::string text;
  for (const auto& one : violations.all())
    text += one.what + (one.hint.empty() ? "" : " | " + one.hint) + "\n";
  return {std::move(job), text};
}

Request plain() {
  Request request;
  request.prompt = "a fox";
  request.output = "/tmp/kinema-ltx2-test.mp4";
  return request;
}

// A copy of the checkpoint whose schedule does not follow the number of tokens.
fs::path distilled(const test::TempFolder& folder) {
  const auto copy = folder / "model";
  fs::copy(kData / "ltx2/i2v/model", copy, fs::copy_options::recursive);
  std::ofstream(copy / "scheduler/scheduler_config.json")
      << R"({"_class_name": "FlowMatchEulerDiscreteScheduler", "use_dynamic_shifting": false})";
  return copy;
}

}  // namespace

TEST_CASE("LTX-2's defaults are the reference pipeline's") {
  const auto [job, wrong] = planned(plain());
  CHECK(wrong.empty());
  const auto& r = job.request();
  CHECK(job.model.variant == "2.3_dev");
  CHECK(job.video.width == 768);
  CHECK(job.video.height == 512);
  CHECK(job.video.frames == 121);
  CHECK(r.fps->value() == 24);
  CHECK(r.num_inference_steps == 30);
  CHECK(r.guidance_scale == 3.0);
  CHECK(r.audio_guidance_scale == 7.0);
  CHECK(r.stg_scale == 1.0);
  CHECK(r.modality_scale == 3.0);
  CHECK(r.guidance_rescale == 0.7);
  CHECK(r.spatio_temporal_guidance_blocks == std::vector<int64_t>{28});
  CHECK(r.max_sequence_length == 1024);
  CHECK(r.vae_tile_size == 512);
  CHECK(r.vae_tile_stride == 448);
  CHECK_FALSE(r.image_crf);
  CHECK_FALSE(r.flow_shift);
  CHECK(job.tokens == 6144);
}

TEST_CASE("a pass that would repeat another is not made") {
  auto request = plain();
  // The tiny transformer has no block 28.
  auto job = planned(request).job;
  CHECK(job.model.rules().branches(job.model, job.request()) == 3);
  request.spatio_temporal_guidance_blocks = {{1}};
  job = planned(request).job;
  CHECK(job.model.rules().branches(job.model, job.request()) == 4);
  job = planned(request, {}, kData / "ltx2/t2v/model").job;
  CHECK(job.model.rules().branches(job.model, job.request()) == 3);
  request.guidance_scale = 1, request.audio_guidance_scale = 1, request.modality_scale = 1;
  request.audio_modality_scale = 1, request.stg_scale = 0, request.audio_stg_scale = 0;
  job = planned(request).job;
  CHECK(job.model.rules().branches(job.model, job.request()) == 1);
}

TEST_CASE("a sound's strength of 0 is the picture's, as in the reference") {
  auto request = plain();
  request.guidance_scale = 5, request.audio_guidance_scale = 0;
  request.stg_scale = 0, request.audio_stg_scale = 2;
  const auto job = planned(request).job;
  CHECK(job.request().audio_guidance_scale == 5.0);
  CHECK(job.settings.source("audio_guidance_scale") == "guidance_scale");
  CHECK(job.request().audio_stg_scale == 2.0);
}

TEST_CASE("sizes, frames and settings that cannot be are refused together") {
  auto request = plain();
  request.width = 700, request.height = 512, request.num_frames = 120;
  request.sigmas = {{0.5, 0.7}};
  request.max_sequence_length = 100, request.image_crf = 20, request.flow_shift = 3;
  const auto wrong = planned(request).wrong;
  for (const char* part :
       {"700x512: width must be a multiple of 32", "120 frames: LTX-2 makes 8k+1 frames",
        "--sigmas must fall", "--max-sequence-length 100", "--image-crf says",
        "--flow-shift: this checkpoint's"}) {
    INFO(part);
    CHECK(wrong.find(part) != std::string::npos);
  }
}

TEST_CASE("settings of LTX-2 are refused for HunyuanVideo") {
  auto request = plain();
  request.width = 112, request.height = 80, request.num_frames = 9;
  request.stg_scale = 2;
  CHECK(planned(request, {"stg_scale"}, kData / "hunyuan15/t2v/model").wrong ==
        "--stg-scale is for LTX-2; HunyuanVideo 1.5 has nothing like it (job.json:4) | leave it "
        "out\n");
}

TEST_CASE("a distilled checkpoint runs at its noise levels, without guidance") {
  const test::TempFolder folder;
  const auto model = distilled(folder);
  const auto [job, wrong] = planned(plain(), {}, model);
  CHECK(wrong.empty());
  CHECK(job.model.variant == "2.3_distilled");
  CHECK(job.request().num_inference_steps == 8);
  CHECK(job.request().sigmas->back() == 0.421875);
  CHECK(job.model.rules().branches(job.model, job.request()) == 1);
  CHECK(job.request().flow_shift == 1.0);
  // A number of steps asks for evenly spaced ones.
  auto request = plain();
  request.num_inference_steps = 5;
  CHECK_FALSE(planned(request, {}, model).job.request().sigmas);
}

TEST_CASE("given noise levels decide the number of steps") {
  auto request = plain();
  request.sigmas = {{1, 0.7, 0.4}}, request.num_inference_steps = 8;
  const auto [job, wrong] = planned(request);
  CHECK(wrong.empty());
  CHECK(job.request().num_inference_steps == 3);
}

TEST_CASE("a single step cannot be stretched to the schedule's end") {
  auto request = plain();
  request.num_inference_steps = 1;
  CHECK(planned(request).wrong.starts_with("1 step: this checkpoint's schedule needs 2"));
  const test::TempFolder folder;
  CHECK(planned(request, {}, distilled(folder)).wrong.empty());
}

TEST_CASE("the sound's length is rounded as the reference does, halves to even") {
  const auto facts = planned(plain()).job.model;
  CHECK(ltx2_audio_frames(facts.ltx2, 121, {24, 1}) == 126);
  CHECK(ltx2_audio_frames(facts.ltx2, 121, {25, 1}) == 121);
  CHECK(ltx2_audio_frames(facts.ltx2, 1, {10, 1}) == 2);
  CHECK(ltx2_audio_frames(facts.ltx2, 121, {30000, 1001}) == 101);
  auto request = plain();
  request.num_frames = 9, request.fps = config::Rational{1000, 1};
  CHECK(planned(request).wrong.starts_with("9 frames at 1000 fps are too short for a sound"));
}

TEST_CASE("without a size the video gets the picture's shape") {
  const auto facts = planned(plain()).job.model;
  const auto& rules = facts.rules();
  CHECK(rules.size_for(facts, {}) == FrameSize{768, 512});
  CHECK(rules.size_for(facts, {std::nullopt, FrameSize{100, 100}}) == FrameSize{640, 640});
  CHECK(rules.size_for(facts, {config::Resolution::k720p, FrameSize{16, 9}}) ==
        FrameSize{1280, 704});
  CHECK(rules.size_for(facts, {config::Resolution::k480p, std::nullopt}) == FrameSize{832, 480});
}

TEST_CASE("every stage of LTX-2 has its estimate, decoding the video last") {
  const auto job = planned(plain()).job;
  std::vector<std::string> names;
  for (const auto& stage : job.memory.stages) names.push_back(stage.stage);
  CHECK(names == std::vector<std::string>{"encode_text", "denoise", "decode_audio", "decode"});
  CHECK(plan_report(job).find("sound 7") != std::string::npos);
}

TEST_CASE("pictures at chosen frames are tokens of their own, but for the first frame's") {
  auto request = plain();
  request.width = 96, request.height = 64, request.num_frames = 17;
  request.conditions = {{{"a.png", 0, 1}, {"b.png", -1, 0.5}, {"c.png", 1, 1}, {"d.png", -3, 1}}};
  const auto [job, wrong] = planned(request);
  CHECK(wrong.empty());
  CHECK(job.tokens == (3 + 2) * 6);
  CHECK(job.request().image_crf == 33);
  CHECK(job.request().noise_scale == 1.0);
  CHECK(job.memory.stages[1].stage == "encode_image");
  request.sigmas = {{0.9, 0.4}};
  CHECK(planned(request).job.request().noise_scale == 0.9);
  request.noise_scale = 0.5;
  CHECK(planned(request, {"noise_scale"}).wrong.empty());
}

TEST_CASE("pictures beside the video, too strong, or beside --image are refused") {
  auto request = plain();
  request.num_frames = 17;
  request.conditions = {{{"a.png", 3, 1}, {"b.png", -4, 1}, {"c.png", 0, 1.5}}};
  request.image = "d.png";
  const auto wrong = planned(request, {"conditions"}).wrong;
  for (const char* part : {"--conditions a.png: 3 is no latent frame of 17 frames (job.json:4) | 0 "
                           "to 2, or -3 to -1 from the end",
                           "--conditions b.png: -4 is no latent frame",
                           "--conditions c.png: its strength must be from 0 to 1, not 1.5",
                           "--conditions and --image cannot be given together"}) {
    INFO(part);
    CHECK(wrong.find(part) != std::string::npos);
  }
  request = plain();
  request.conditions = std::vector<config::Condition>();
  CHECK(planned(request).wrong.starts_with("--conditions names no picture"));
}

TEST_CASE("what is refused for another family is named as it was typed") {
  auto request = plain();
  request.width = 112, request.height = 80, request.num_frames = 9;
  request.audio = false, request.conditions = {{{"a.png", 0, 1}}};
  const auto wrong = planned(request, {"audio", "conditions"}, kData / "hunyuan15/t2v/model").wrong;
  CHECK(wrong.find("--no-audio is for LTX-2") != std::string::npos);
  CHECK(wrong.find("--conditions is for LTX-2") != std::string::npos);
}
