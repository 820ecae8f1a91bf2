// What each stage hands to the next is a few small tensors. The sound is decoded by the replica's
// last rank while the others decode the video.
#include "pipeline/ltx2_model.h"

#include <string>
#include <utility>

#include "pipeline/load_ahead.h"
#include "pipeline/ltx2_picture.h"
#include "pipeline/ltx2_text.h"
#include "pipeline/read_ahead.h"
#include "text/gemma3_text_model.h"

namespace kinema::pipeline {
namespace {

// The prompt, and the negative prompt if a pass needs it.
std::vector<Ltx2Prompt> texts_of(const plan::ModelFacts& model, const config::Request& job) {
  const int64_t length = *job.max_sequence_length;
  std::vector<Ltx2Prompt> texts = {{*job.prompt, length}};
  if (plan::ltx2_passes(model.ltx2, job).negative)
    texts.push_back({job.negative_prompt.value_or(""), length});
  return texts;
}

// The cache knows texts alone: the length goes in front.
std::string key_of(const Ltx2Prompt& prompt) {
  return std::to_string(prompt.length) + "\n" + prompt.text;
}
Ltx2Prompt prompt_of(const std::string& key) {
  const auto end = key.find('\n');
  return {key.substr(end + 1), std::stoll(key.substr(0, end))};
}

bool is_wanted(const config::Request& job) {
  return (job.output && job.audio) || job.wav || job.save_tensors;
}

ltx2::TextEmbeds moved(const ltx2::TextEmbeds& embeds, at::Device device) {
  return {embeds.video.to(device), embeds.audio.to(device)};
}

}  // namespace

void Ltx2Model::load_ahead(Runtime& runtime) {
  if (loads_ahead(runtime, config::LoadAhead::kTransformer)) denoiser_.load_ahead(runtime);
}

void Ltx2Model::encode_prompts(Runtime& runtime, const std::vector<const config::Request*>& jobs) {
  std::vector<std::string> keys;
  for (const auto* job : jobs) {
    for (const auto& text : texts_of(runtime.model, *job)) keys.push_back(key_of(text));
  }
  const auto missing = prompts_.want(keys);
  if (missing.empty()) return;
  runtime.stages.begin("encode_text");
  std::vector<Ltx2Prompt> prompts;
  for (const auto& key : missing) prompts.push_back(prompt_of(key));
  const auto encoded = pipeline::encode_prompts(runtime, prompts);
  for (size_t i = 0; i < missing.size(); ++i) prompts_.put(missing[i], moved(encoded[i], at::kCPU));
}

std::vector<ltx2::TextEmbeds> Ltx2Model::conditions(Runtime& runtime) const {
  const char* names[] = {"prompt_embeds", "negative_prompt_embeds"};
  std::vector<ltx2::TextEmbeds> conditions;
  for (const auto& text : texts_of(runtime.model, runtime.request)) {
    const std::string name = names[conditions.size()];
    const auto& encoded = prompts_.get(key_of(text));
    runtime.dump.add(name, encoded.video);
    runtime.dump.add(name + "_2", encoded.audio);
    conditions.push_back(moved(encoded, runtime.device));
  }
  return conditions;
}

Latents Ltx2Model::denoise(Runtime& runtime) {
  const auto texts = conditions(runtime);
  Ltx2Given given;
  if (runtime.request.latents) {
    given.latents = given_latents(runtime);
  } else if (runtime.request.image) {
    runtime.stages.begin("encode_image");
    given.first_frame = encode_picture(runtime, vae_);
    done_with(vae_);
  }
  if (runtime.request.conditions) {
    runtime.stages.begin("encode_image");
    given.conditions = encode_conditions(runtime, vae_);
    done_with(vae_);
  }
  if (loads_ahead(runtime, config::LoadAhead::kVae)) vae_.load_ahead(runtime);
  auto latents = denoiser_.denoise(runtime, texts, given);
  done_with(denoiser_);
  return latents;
}

std::optional<media::SoundFormat> Ltx2Model::sound(const Setup& setup) const {
  const auto& vocoder = setup.model.ltx2.vocoder;
  return media::SoundFormat{static_cast<int>(vocoder.output_sampling_rate),
                            static_cast<int>(vocoder.generator.out_channels)};
}

void Ltx2Model::decode(Runtime& runtime, const Latents& latents, FrameOutput* output) {
  const auto& replica = runtime.team.replica();
  const int last = replica.size() - 1;
  const bool audible = is_wanted(runtime.request) && latents.audio.defined();
  at::Tensor wave;
  if (audible && replica.rank() == last) {
    wave = sound_.decode(runtime, latents.audio);
    done_with(sound_);
  }
  vae_.decode(runtime, latents.video.to(runtime.device), output);
  done_with(vae_);
  if (!audible) return;
  wave = parallel::shared_from(runtime.team.replica(), last, wave);
  if (output != nullptr) output->add_sound(wave);
}

std::vector<checkpoint::Wanted> Ltx2Model::reads(const Runtime& runtime, Work work) const {
  std::vector<checkpoint::Wanted> reads;
  const auto add = [&](const char* name, weights::NameMap names) {
    reads.push_back(wanted(runtime, name, std::move(names)));
  };
  if (work == Work::kGenerate) {
    add("text_encoder", text::Gemma3TextModel::names());
    add("connectors", {});
    if (runtime.request.image || runtime.request.conditions)
      add("vae", {.prefixes = {}, .unused = {"decoder.*"}});
    add("transformer", {});
  }
  if (is_wanted(runtime.request)) {
    add("audio_vae", ltx2::AudioVae::names());
    add("vocoder", ltx2::Vocoder::names());
  }
  add("vae", {.prefixes = {}, .unused = {"encoder.*"}});
  return reads;
}

void Ltx2Model::release() {
  denoiser_.release();
  vae_.release();
  sound_.release();
}

}  // namespace kinema::pipeline
