// What planning asks of HunyuanVideo 1.5: its configurations, what the released variants are
// called, its sizes and its guidance.
#include "plan/hunyuan15_rules.h"

#include <algorithm>

#include "base/log.h"
#include "config/value_text.h"
#include "plan/buckets.h"
#include "plan/hunyuan15_cost.h"
#include "plan/hunyuan15_memory.h"
#include "plan/hunyuan15_names.h"
#include "plan/resolution.h"

namespace kinema::plan {
namespace {

using checkpoint::Task;
using config::ConfigReader;
using config::Strictness;

Hunyuan15Configs read_configs(const ModelFacts& facts, Strictness strictness) {
  auto open = [&](const std::string& name) {
    return ConfigReader::open(facts.component(name).config, strictness);
  };
  auto open_file = [&](const char* file) {
    return ConfigReader::open(facts.index.folder / file, strictness);
  };
  Hunyuan15Configs configs;
  configs.transformer = read_hunyuan15_transformer(open("transformer"));
  configs.vae = read_hunyuan15_vae(open("vae"));
  configs.text_encoder = read_qwen_text(open("text_encoder"));
  configs.text_encoder_2 = read_t5_encoder(open("text_encoder_2"));
  if (facts.task() == Task::kImageToVideo) {
    configs.image_encoder = read_siglip_vision(open("image_encoder"));
    configs.image_processor =
        read_siglip_processor(open_file("feature_extractor/preprocessor_config.json"));
  }
  configs.scheduler = read_flow_match(open_file("scheduler/scheduler_config.json"));
  configs.guider = read_guider(open_file("guider/guider_config.json"));
  return configs;
}

// The released names: a size class, the task, and what was distilled away.
std::string variant_name(const Hunyuan15Configs& configs, Task task) {
  const int64_t size = configs.transformer.target_size;
  std::string name = size == 640 ? "480p" : size == 960 ? "720p" : fmt::format("{}px", size);
  name += task == Task::kTextToVideo ? "_t2v" : "_i2v";
  if (configs.transformer.use_meanflow) return name + "_step_distilled";
  return configs.guider.guides() ? name : name + "_distilled";
}

int64_t default_steps(const ModelFacts& facts) {
  return facts.hunyuan15.transformer.use_meanflow ? 12 : 50;
}

config::GuidedSteps guided(const ModelFacts& facts, const config::Request& request) {
  return guided_steps(guider_of(facts, request),
                      request.num_inference_steps.value_or(default_steps(facts)));
}

// "guidance 4 in steps 1 to 9", counted from 1 as progress counts them.
std::string guidance_text(const ModelFacts& facts, const config::Request& request) {
  const auto steps = guided(facts, request);
  if (steps.count() == 0) return "no guidance";
  auto text = "guidance " + config::Value<double>::text(*request.guidance_scale);
  if (steps.count() == *request.num_inference_steps) return text;
  return text + fmt::format(" in steps {} to {}", steps.first + 1, steps.end);
}

void check_guided_part(Resolution& r) {
  const auto& request = r.request();
  if (*request.guidance_start <= *request.guidance_stop) return;
  r.wrong(fmt::format("--guidance-start {} lies behind --guidance-stop {}",
                      config::Value<double>::text(*request.guidance_start),
                      config::Value<double>::text(*request.guidance_stop)),
          "--guidance-start 0 or --guidance-stop 1");
}

// Each byte of a prompt is a token at most; a picture has its own.
int64_t text_tokens(const Job& job) {
  constexpr int64_t kMostTextTokens = 1000, kMarkers = 5;
  const auto& request = job.request();
  const auto bytes =
      std::max(request.prompt.value_or("").size(), request.negative_prompt.value_or("").size());
  int64_t tokens = std::min(static_cast<int64_t>(bytes) + kMarkers, kMostTextTokens);
  if (const auto& vision = job.model.hunyuan15.image_encoder) {
    const int64_t side = vision->image_size / vision->patch_size;
    tokens += side * side;
  }
  return tokens;
}

}  // namespace

config::GuiderConfig guider_of(const ModelFacts& facts, const config::Request& request) {
  auto guider = facts.hunyuan15.guider;
  guider.guidance_scale = request.guidance_scale.value_or(guider.guidance_scale);
  guider.guidance_rescale = request.guidance_rescale.value_or(guider.guidance_rescale);
  guider.start = request.guidance_start.value_or(guider.start);
  guider.stop = request.guidance_stop.value_or(guider.stop);
  return guider;
}

std::vector<std::string> Hunyuan15Rules::components(Task task) const {
  if (task == Task::kTextToVideo) return {"text_encoder", "text_encoder_2", "transformer", "vae"};
  return {"text_encoder", "text_encoder_2", "image_encoder", "transformer", "vae"};
}

void Hunyuan15Rules::read(ModelFacts& facts, Strictness strictness) const {
  facts.hunyuan15 = read_configs(facts, strictness);
  const auto& configs = facts.hunyuan15;
  facts.variant = variant_name(configs, facts.task());
  facts.shape = {configs.vae.spatial_compression_ratio, configs.vae.temporal_compression_ratio,
                 configs.transformer.patch_size, configs.transformer.patch_size_t};
}

std::vector<LayerName> Hunyuan15Rules::layer_names(std::string_view component,
                                                   std::string_view layer) const {
  return component == "transformer" ? hunyuan15_layer_names(layer) : std::vector<LayerName>();
}

std::string Hunyuan15Rules::tasks(const ModelFacts& facts) const {
  return checkpoint::task_name(facts.task());
}

const std::vector<std::string>& Hunyuan15Rules::own_settings() const {
  static const std::vector<std::string> keys = {"guidance_start", "guidance_stop"};
  return keys;
}

FrameSize Hunyuan15Rules::size_for(const ModelFacts& facts, const ShapeWish& wish) const {
  int64_t target = facts.hunyuan15.transformer.target_size;
  if (wish.resolution) target = *wish.resolution == config::Resolution::k480p ? 640 : 960;
  const auto ratio = wish.ratio.value_or(FrameSize{16, 9});
  return bucket_for(ratio.width, ratio.height, target, facts.shape.size_multiple());
}

void Hunyuan15Rules::resolve_sampling(Resolution& r) const {
  auto& request = r.request();
  const auto& model = r.job.model;
  const auto& guider = model.hunyuan15.guider;
  r.fill(request.num_inference_steps, "num_inference_steps", default_steps(model), "the model");
  r.fill(request.flow_shift, "flow_shift", model.hunyuan15.scheduler.shift,
         "scheduler/scheduler_config.json");
  r.fill(request.guidance_scale, "guidance_scale", guider.guidance_scale,
         "guider/guider_config.json");
  r.fill(request.guidance_rescale, "guidance_rescale", guider.guidance_rescale,
         "guider/guider_config.json");
  r.fill(request.guidance_start, "guidance_start", guider.start, "guider/guider_config.json");
  r.fill(request.guidance_stop, "guidance_stop", guider.stop, "guider/guider_config.json");
  check_guided_part(r);
  if (branches(model, request) == 2) {
    if (!guider.guides())
      r.note(fmt::format("{} is made to run without guidance (--guidance-scale 1)", model.variant));
    return;
  }
  // Without guidance these have no effect: said, not swallowed.
  for (const char* key :
       {"negative_prompt", "guidance_rescale", "guidance_start", "guidance_stop"}) {
    if (r.given(key) && r.job.settings.source(key).find("guider") == std::string::npos &&
        r.job.settings.source(key) != "the program") {
      r.note(fmt::format("{} has no effect without guidance", key));
    }
  }
}

int64_t Hunyuan15Rules::branches(const ModelFacts& facts, const config::Request& request) const {
  return guided(facts, request).count() > 0 ? 2 : 1;
}

int64_t Hunyuan15Rules::heads(const ModelFacts& facts) const {
  return facts.hunyuan15.transformer.num_attention_heads;
}

int64_t Hunyuan15Rules::mlp_width(const ModelFacts& facts) const {
  return facts.hunyuan15.transformer.mlp_width();
}

DenoiserShape Hunyuan15Rules::denoiser(const Job& job) const {
  const auto& request = job.request();
  auto shape = hunyuan15_denoiser(
      job.model.hunyuan15.transformer,
      {.video = job.tokens, .text = text_tokens(job), .passes = branches(job.model, request)},
      *request.dtype);
  if (shape.passes > 1) {
    shape.guided_share = static_cast<double>(guided(job.model, request).count()) /
                         static_cast<double>(*request.num_inference_steps);
  }
  return shape;
}

MemoryPlan Hunyuan15Rules::memory(const ModelFacts& facts, const MemoryInput& input) const {
  return hunyuan15_memory(facts, input);
}

std::string Hunyuan15Rules::sampling_text(const Job& job) const {
  const auto& request = job.request();
  return fmt::format("{}, shift {}", guidance_text(job.model, request),
                     config::Value<double>::text(*request.flow_shift));
}

OrderedJson Hunyuan15Rules::sampling_defaults(const ModelFacts& facts) const {
  return {{"num_inference_steps", default_steps(facts)},
          {"guidance_scale", facts.hunyuan15.guider.guidance_scale},
          {"guidance_rescale", facts.hunyuan15.guider.guidance_rescale},
          {"guidance_start", facts.hunyuan15.guider.start},
          {"guidance_stop", facts.hunyuan15.guider.stop},
          {"flow_shift", facts.hunyuan15.scheduler.shift}};
}

}  // namespace kinema::plan
