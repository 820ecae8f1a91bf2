// Blocks outside, passes inside: a block whose weights come and go serves every pass while it is
// there.
#include "models/ltx2/transformer.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include <ATen/ops/gelu.h>

#include "nn/beside.h"

namespace kinema::ltx2 {
namespace {

// The norm in front of the last projections, and the places of its vectors.
constexpr nn::Norm kOutputNorm = {kernels::RowNorm::kLayer, 1e-6};
constexpr int64_t kOutputShift = 0, kOutputScale = 1;

bool same(const Residuals& a, const Residuals& b) {
  return a.video.is_same(b.video) && a.audio.is_same(b.audio);
}

// work(streams[i], wishes[i]) of each i, once for all that bring the very same streams and the same
// wish. Streams go when they have been worked on.
template <class Wish, class Work>
auto once(std::vector<Residuals> streams, const std::vector<Wish>& wishes, const Work& work) {
  std::vector<decltype(work(streams[0], wishes[0]))> out(streams.size());
  std::vector<char> done(streams.size(), 0);
  for (size_t i = 0; i < streams.size(); ++i) {
    if (done[i] != 0) continue;
    const auto before = streams[i];
    const auto after = work(before, wishes[i]);
    for (size_t j = i; j < streams.size(); ++j) {
      if (done[j] != 0 || wishes[j] != wishes[i] || !same(streams[j], before)) continue;
      out[j] = after;
      done[j] = 1;
      streams[j] = {};
    }
  }
  return out;
}

template <class Wish>
std::vector<Wish> wishes(std::span<const Pass> passes, Wish (*of)(const Pass&)) {
  std::vector<Wish> all;
  for (const auto& pass : passes) all.push_back(of(pass));
  return all;
}

std::vector<SelfAttention> self_attentions(std::span<const Pass> passes, int64_t block) {
  std::vector<SelfAttention> all;
  for (const auto& pass : passes) {
    const auto& perturbed = pass.perturbed;
    const bool here = std::find(perturbed.begin(), perturbed.end(), block) != perturbed.end();
    all.push_back(here ? SelfAttention::kValuesOnly : SelfAttention::kWhole);
  }
  return all;
}

std::vector<nn::Linear> caption_layers(const nn::ParamScope& model,
                                       const config::Ltx2TransformerConfig& config) {
  std::vector<nn::Linear> layers;
  if (!config.use_prompt_embeddings) return layers;
  auto add = [&](const char* name, int64_t width) {
    layers.emplace_back(model / name / "linear_1", config.caption_channels, width);
    layers.emplace_back(model / name / "linear_2", width, width);
  };
  add("caption_projection", config.video.width());
  add("audio_caption_projection", config.audio.width());
  return layers;
}

// The part of a table that belongs to the tokens and heads here, beside the parameters.
Rotary placed(const Rotary& rotary,
              const nn::TokenSplit* tokens,
              const nn::HeadPart& heads,
              const at::TensorOptions& parameters) {
  auto part = [&](const at::Tensor& table) {
    auto here = heads.of(tokens == nullptr ? table : tokens->part(table, 0), 1);
    return nn::beside(parameters, here.contiguous());
  };
  return {part(rotary.cos), part(rotary.sin), rotary.type};
}

}  // namespace

Transformer::Transformer(const nn::ParamScope& model,
                         const config::Ltx2TransformerConfig& config,
                         const nn::Seams& seams)
    : config_(config),
      seams_(seams),
      embed_video_(model / "proj_in", config.video.in_channels, config.video.width()),
      embed_audio_(model / "audio_proj_in", config.audio.in_channels, config.audio.width()),
      project_video_(model / "proj_out", config.video.width(), config.video.out_channels),
      project_audio_(model / "audio_proj_out", config.audio.width(), config.audio.out_channels),
      caption_(caption_layers(model, config)) {
  for (int64_t i = 0; i < config.num_layers; ++i) {
    blocks_.emplace_back(model / "transformer_blocks" / i, config);
  }
}

Prepared Transformer::prepare(const Positions& positions,
                              std::shared_ptr<const ModulationTable> modulation,
                              const std::vector<Streams>& texts) const {
  const auto parameters = embed_video_.options();
  const auto all = rotaries(positions.video, positions.audio, config_);
  const auto *split = &seams_.tokens, *whole = static_cast<const nn::TokenSplit*>(nullptr);
  const auto& heads = seams_.heads;
  Prepared prepared{
      positions.video.size(1),
      {placed(all.video, split, heads, parameters), placed(all.audio, whole, heads, parameters),
       placed(all.video_cross, split, heads, parameters),
       placed(all.audio_cross, whole, heads, parameters)},
      nn::token_rows(seams_.tokens.part(modulation->levels().level(), 0), parameters),
      std::move(modulation),
      {}};
  auto projected = [&](const at::Tensor& text, size_t first) {
    if (caption_.empty()) return text;
    return caption_[first + 1](at::gelu(caption_[first](text), "tanh"));
  };
  for (const auto& text : texts) {
    prepared.conditions.push_back({{projected(text.video, 0), projected(text.audio, 2)}, {}});
  }
  return prepared;
}

Residuals Transformer::embedded(const Streams& latents) const {
  return {embed_video_(seams_.tokens.part(latents.video, 1)), embed_audio_(latents.audio)};
}

Streams Transformer::projected(const Prepared& prepared,
                               const Residuals& x,
                               const Modulations& modulations) const {
  const TokenVectors video(modulations.video.output.clone(), {kOutputScale},
                           modulations.video_rows);
  const TokenVectors audio(modulations.audio.output.clone(), {kOutputScale});
  auto normed = [&](const TokenVectors& vectors, const nn::Residual& stream) {
    return vectors.normed(stream, kOutputNorm, kOutputScale, kOutputShift, seams_.elementwise);
  };
  return {seams_.tokens.whole(project_video_(normed(video, x.video)), 1, prepared.video_tokens),
          project_audio_(normed(audio, x.audio))};
}

void Transformer::run_block(int64_t index,
                            Prepared& prepared,
                            const Modulations& modulations,
                            std::span<const Pass> passes,
                            std::vector<Residuals>& streams) const {
  const auto& block = blocks_[static_cast<size_t>(index)];
  const auto vectors = block.vectors(modulations);
  streams = once(std::move(streams), self_attentions(passes, index),
                 [&](const Residuals& x, SelfAttention how) {
                   return block.after_self(x, vectors, how, prepared.rotaries, seams_);
                 });

  std::map<size_t, TextKeys> changing;  // from step to step
  auto keys = [&](size_t condition) -> const TextKeys& {
    auto& of = prepared.conditions.at(condition);
    if (config_.text_follows_step()) {
      if (!changing.contains(condition)) {
        changing.emplace(condition, block.text_keys(of.text, modulations));
      }
      return changing.at(condition);
    }
    // Blocks come in order, so the first step adds one after the other.
    if (of.keys.size() == static_cast<size_t>(index)) {
      of.keys.push_back(block.text_keys(of.text, modulations));
    }
    return of.keys.at(static_cast<size_t>(index));
  };
  streams = once(std::move(streams),
                 wishes<size_t>(passes, [](const Pass& pass) { return pass.condition; }),
                 [&](const Residuals& x, size_t condition) {
                   return block.after_text(x, vectors, keys(condition), seams_);
                 });

  streams =
      once(std::move(streams), wishes<bool>(passes, [](const Pass& pass) { return pass.isolated; }),
           [&](const Residuals& x, bool isolated) {
             return isolated ? x : block.after_exchange(x, vectors, prepared.rotaries, seams_);
           });

  streams = once(std::move(streams), std::vector<int>(passes.size()), [&](const Residuals& x, int) {
    return block.after_feed_forward(x, vectors, seams_);
  });
}

std::vector<Streams> Transformer::velocity(Prepared& prepared,
                                           const Streams& latents,
                                           int64_t step,
                                           std::span<const Pass> passes) const {
  const Modulations modulations{
      prepared.modulation->video(step), prepared.modulation->audio(step), prepared.video_rows, {}};
  std::vector<Residuals> streams(passes.size(), embedded(latents));
  for (int64_t i = 0; i < config_.num_layers; ++i) {
    seams_.blocks.enter(i);
    run_block(i, prepared, modulations, passes, streams);
    seams_.blocks.leave(i);
  }
  return once(std::move(streams), std::vector<int>(passes.size()),
              [&](const Residuals& x, int) { return projected(prepared, x, modulations); });
}

std::vector<std::string> block_prefixes(const config::Ltx2TransformerConfig& config) {
  std::vector<std::string> prefixes;
  for (int64_t i = 0; i < config.num_layers; ++i) {
    prefixes.push_back("transformer_blocks." + std::to_string(i));
  }
  return prefixes;
}

}  // namespace kinema::ltx2
