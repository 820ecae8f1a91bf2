// What beside the size of a job decides the memory that its stages are planned to need.
#include "plan/memory.h"

#include <filesystem>

#include <catch2/catch.hpp>

#include "plan/hunyuan15_memory.h"
#include "plan/ltx2_memory.h"
#include "plan/memory_input.h"
#include "plan/model_facts.h"

using namespace kinema;
using namespace kinema::plan;

namespace {

ModelFacts facts_of(const char* model) {
  config::Request request;
  request.model = std::filesystem::path(KINEMA_TEST_DATA) / model;
  return read_model(request);
}

// Two branches over 9 frames of 128x96 with some text.
MemoryInput small(config::Dtype dtype) {
  MemoryInput input;
  input.video = {128, 96, 9};
  input.prompt_bytes = 95;
  input.text_tokens = 100;
  input.video_tokens = 24;
  input.branches = 2;
  input.use.dtype = dtype;
  return input;
}

StageEstimate stage(const MemoryPlan& plan, const std::string& name) {
  for (const auto& one : plan.stages)
    if (one.stage == name) return one;
  FAIL("no stage " << name);
  return {};
}

}  // namespace

TEST_CASE("with fused kernels each branch keeps both terms of its streams' last sums") {
  auto plainly = small(config::Dtype::kBfloat16);
  plainly.use.on_cpu = false;
  const auto ranks = GENERATE(1, 2);
  plainly.use.parallel.cfg = ranks;
  auto fused = plainly;
  fused.kernels = config::Kernels::kFused;
  const auto more = [&](const auto& memory, const ModelFacts& facts) {
    const auto without = memory(facts, plainly), with = memory(facts, fused);
    for (const auto& one : with.stages)
      CHECK((one.stage == "denoise" || one.peak() == stage(without, one.stage).peak()));
    return stage(with, "denoise").activations - stage(without, "denoise").activations;
  };
  const auto branches = static_cast<uint64_t>(2 / ranks);
  const auto hunyuan15 = facts_of("hunyuan15/t2v/model");
  const auto& transformer = hunyuan15.hunyuan15.transformer;
  const auto latent = latent_shape(plainly.video, hunyuan15.shape);
  // The text's streams too.
  const auto tokens = static_cast<uint64_t>(token_count(latent, hunyuan15.shape)) + 100;
  CHECK(more(hunyuan15_memory, hunyuan15) ==
        2 * branches * tokens * static_cast<uint64_t>(transformer.width()));

  const auto ltx2 = facts_of("ltx2/t2v/model");
  const auto& streams = ltx2.ltx2.transformer;
  const auto sound = ltx2_audio_frames(ltx2.ltx2, plainly.video.frames, plainly.fps);
  const auto values = 24 * streams.video.width() + sound * streams.audio.width();
  CHECK(more(ltx2_memory, ltx2) == 2 * branches * static_cast<uint64_t>(values));
}

TEST_CASE("on the CPU more of the program is in memory for work in bfloat16 than in float32") {
  for (const auto* model : {"hunyuan15/t2v/model", "ltx2/t2v/model"}) {
    const auto facts = facts_of(model);
    const auto program = [&](config::Dtype dtype, bool on_cpu, const char* name) {
      auto input = small(dtype);
      input.use.on_cpu = on_cpu;
      return stage(facts.rules().memory(facts, input), name).program;
    };
    using config::Dtype;
    for (const auto* name : {"encode_text", "denoise", "decode"}) {
      CHECK(program(Dtype::kBfloat16, true, name) > program(Dtype::kFloat32, true, name));
      CHECK(program(Dtype::kBfloat16, false, name) == 0);
    }
  }
}
