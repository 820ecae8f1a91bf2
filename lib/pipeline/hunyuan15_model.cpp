// What each stage hands to the next is a few small tensors.
#include "pipeline/hunyuan15_model.h"

#include <algorithm>
#include <utility>

#include "models/hunyuan15/transformer.h"
#include "pipeline/hunyuan15_text.h"
#include "pipeline/load_ahead.h"
#include "pipeline/read_ahead.h"
#include "text/glyph_text.h"
#include "text/qwen_text_model.h"
#include "text/siglip_vision.h"
#include "text/t5_encoder.h"

namespace kinema::pipeline {
namespace {

// The prompt, and the negative prompt if guidance needs it in any step.
std::vector<std::string> texts_of(const plan::ModelFacts& model, const config::Request& job) {
  std::vector<std::string> texts = {*job.prompt};
  if (guidance_of(model, job).ever_enabled()) texts.push_back(job.negative_prompt.value_or(""));
  return texts;
}

at::Tensor moved(const at::Tensor& tensor, at::Device device) {
  return tensor.defined() ? tensor.to(device) : tensor;
}

// Texts without quotes have no glyphs.
hunyuan15::Condition moved(const hunyuan15::Condition& condition, at::Device device) {
  return {moved(condition.text, device), moved(condition.glyph, device), {}};
}

}  // namespace

void Hunyuan15Model::load_ahead(Runtime& runtime) {
  if (loads_ahead(runtime, config::LoadAhead::kTransformer)) denoiser_.load_ahead(runtime);
}

void Hunyuan15Model::encode_prompts(Runtime& runtime,
                                    const std::vector<const config::Request*>& jobs) {
  std::vector<std::string> texts;
  for (const auto* job : jobs) {
    for (auto& text : texts_of(runtime.model, *job)) texts.push_back(std::move(text));
  }
  const auto missing = prompts_.want(texts);
  if (missing.empty()) return;
  runtime.stages.begin("encode_text");
  const auto encoded = pipeline::encode_prompts(runtime, missing);
  for (size_t i = 0; i < missing.size(); ++i) prompts_.put(missing[i], moved(encoded[i], at::kCPU));
}

std::vector<hunyuan15::Condition> Hunyuan15Model::conditions(Runtime& runtime) const {
  const char* names[] = {"prompt_embeds", "negative_prompt_embeds"};
  std::vector<hunyuan15::Condition> conditions;
  for (const auto& text : texts_of(runtime.model, runtime.request)) {
    const std::string name = names[conditions.size()];
    const auto& encoded = prompts_.get(text);
    runtime.dump.add(name, encoded.text);
    runtime.dump.add(name + "_2", encoded.glyph);
    conditions.push_back(moved(encoded, runtime.device));
  }
  return conditions;
}

Latents Hunyuan15Model::denoise(Runtime& runtime) {
  auto branches = conditions(runtime);
  FirstFrame first_frame;
  if (runtime.request.image) {
    runtime.stages.begin("encode_image");
    const auto picture = picture_.encode(runtime, vae_);
    for (auto& branch : branches) branch.image = picture.embeds;
    first_frame.latents = picture.latents;
    done_with(picture_);
    done_with(vae_);
  }
  if (loads_ahead(runtime, config::LoadAhead::kVae)) vae_.load_ahead(runtime);
  Latents latents{denoiser_.denoise(runtime, branches, first_frame), {}};
  done_with(denoiser_);
  return latents;
}

void Hunyuan15Model::decode(Runtime& runtime, const Latents& latents, FrameOutput* output) {
  vae_.decode(runtime, latents.video.to(runtime.device), output);
  done_with(vae_);
}

std::vector<checkpoint::Wanted> Hunyuan15Model::reads(const Runtime& runtime, Work work) const {
  const auto& facts = runtime.model.hunyuan15;
  std::vector<checkpoint::Wanted> reads;
  const auto add = [&](const char* name, weights::NameMap names) {
    reads.push_back(wanted(runtime, name, std::move(names)));
  };
  if (work == Work::kGenerate) {
    add("text_encoder", text::QwenTextModel::names(facts.text_encoder));
    const auto texts = texts_of(runtime.model, runtime.request);
    if (std::any_of(texts.begin(), texts.end(), [](const auto& t) { return text::glyph_text(t); }))
      add("text_encoder_2", text::T5Encoder::names());
    if (runtime.request.image) {
      add("image_encoder", text::SiglipVision::names());
      add("vae", {.prefixes = {}, .unused = {"decoder.*"}});
    }
    add("transformer", hunyuan15_transformer_names(runtime.model));
  }
  add("vae", {.prefixes = {}, .unused = {"encoder.*"}});
  return reads;
}

void Hunyuan15Model::release() {
  picture_.release();
  denoiser_.release();
  vae_.release();
}

}  // namespace kinema::pipeline
