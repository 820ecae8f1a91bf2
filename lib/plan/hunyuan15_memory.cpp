// Formulas, each beside its reason; run reports print the measured peaks beside them.
#include "plan/hunyuan15_memory.h"

#include <algorithm>
#include <string>

#include "plan/memory_parts.h"

namespace kinema::plan {
namespace {

// The chat template in front of a prompt and the five tokens behind it.
constexpr int64_t kTemplateTokens = 113;
constexpr int64_t kMostTextTokens = 1000;
// Latent frames decoded at a time (pipeline/hunyuan15_vae.cpp).
constexpr int64_t kLatentFrames = 2;
// Frames in float32 that the copies of a few on their way to 8 bits take.
constexpr uint64_t kCopiedFrames = 9;

bool contains(const std::string& text, const char* part) {
  return text.find(part) != std::string::npos;
}

// Layers n-2 and n-1 and the last norm are never run; of the embedding only the prompt's rows are
// read.
bool language_model_needs(const std::string& name, int64_t layers) {
  if (contains(name, "visual.") || contains(name, "lm_head.") || contains(name, "embed_tokens."))
    return false;
  for (int64_t skipped = std::max<int64_t>(0, layers - 2); skipped < layers; ++skipped) {
    if (contains(name, ("layers." + std::to_string(skipped) + ".").c_str())) return false;
  }
  return contains(name, "layers.");
}

// The modulation layers, and what embeds the time, are read once, for all steps, before the first,
// and let go.
bool is_modulation(const std::string& name) {
  return name.starts_with("time_embed.") ||
         name.starts_with("context_embedder.time_text_embed.timestep_embedder.") ||
         contains(name, ".norm1.linear.") || contains(name, ".norm1_context.linear.") ||
         name.starts_with("norm_out.linear.");
}

bool is_block(const std::string& name) {
  return name.starts_with("transformer_blocks.") && !is_modulation(name);
}

// Of the last block's text only keys and values are used.
bool is_never_read(const std::string& name, int64_t layers) {
  const auto last = "transformer_blocks." + std::to_string(layers - 1) + ".";
  return name.starts_with(last) &&
         (contains(name, ".add_q_proj.") || contains(name, ".norm_added_q.") ||
          contains(name, ".to_add_out.") || contains(name, ".ff_context."));
}

// Each byte of a prompt is a token at most.
int64_t text_tokens(const MemoryInput& input) {
  return std::min(input.prompt_bytes + 5, kMostTextTokens);
}

// The second encoder, where a prompt may quote something; of the embedding only a few rows are
// read.
Weights glyph_weights(const ModelFacts& facts, const MemoryInput& input) {
  if (!input.quotes) return {};
  const auto& component = facts.component("text_encoder_2");
  const auto blocks = needed_weights(component, input.use, [](const std::string& name) {
    return contains(name, "encoder.block.");
  });
  return placed(blocks, facts.hunyuan15.text_encoder_2.num_layers, input.use);
}

StageEstimate encode_text(const ModelFacts& facts, const MemoryInput& input) {
  const auto& qwen = facts.hunyuan15.text_encoder;
  const auto blocks = needed_weights(
      facts.component("text_encoder"), input.use,
      [&](const std::string& name) { return language_model_needs(name, qwen.num_hidden_layers); });
  auto total = placed(blocks / input.use.parallel.tensor,
                      std::max<int64_t>(0, qwen.num_hidden_layers - 2), input.use);
  // The glyph encoder comes after the language model has gone; it is always the smaller one.
  total.read += glyph_weights(facts, input).read;
  const uint64_t tokens = static_cast<uint64_t>(text_tokens(input) + kTemplateTokens);
  // Residual, norm, queries, keys and values; gate, up and their product.
  const uint64_t widths = static_cast<uint64_t>(5 * qwen.hidden_size + 3 * qwen.intermediate_size);
  const uint64_t scores = static_cast<uint64_t>(qwen.num_attention_heads) * tokens * tokens;
  return stage_of(input, "encode_text", Work::kText, total,
                  (tokens * widths + scores) * element_bytes(input.use.dtype));
}

// One causal pass of the VAE's decoder (or, mirrored, encoder) over a frame of height x width:
// every 3x3x3 convolution keeps the last two frames of its input.
uint64_t vae_caches(const ModelFacts& facts, uint64_t height, uint64_t width) {
  const auto& vae = facts.hunyuan15.vae;
  uint64_t values = 0, pixels = height * width;
  for (size_t level = 0; level < vae.block_out_channels.size(); ++level) {
    const auto channels = static_cast<uint64_t>(vae.block_out_channels[level]);
    const auto convolutions = 2 * static_cast<uint64_t>(vae.layers_per_block + 1) + 1;
    values += 2 * convolutions * channels * pixels;
    pixels = std::max<uint64_t>(1, pixels / 4);
  }
  return values;
}

// What `frames` frames of pixels take at the widest level at a time: a residual block's input, its
// inner clip, and the padded clip of a convolution with its two frames of look-back.
uint64_t vae_working_set(const ModelFacts& facts,
                         uint64_t frames,
                         uint64_t height,
                         uint64_t width) {
  const auto channels = static_cast<uint64_t>(facts.hunyuan15.vae.block_out_channels.front());
  return (3 * frames + 2) * channels * height * width;
}

// Frames of pixels in the largest part of a video that is decoded kLatentFrames at a time; a
// video's first latent frame is one frame of pixels.
uint64_t part_frames(const ModelFacts& facts, int64_t frames) {
  const int64_t ratio = facts.hunyuan15.vae.temporal_compression_ratio;
  const int64_t first = std::min(frames, ratio * (kLatentFrames - 1) + 1);
  return static_cast<uint64_t>(std::max(first, std::min(frames - first, ratio * kLatentFrames)));
}

StageEstimate encode_image(const ModelFacts& facts, const MemoryInput& input) {
  auto total = needed_weights(facts.component("image_encoder"), input.use,
                              [](const std::string& name) { return !contains(name, "head."); });
  total += convolution_weights(facts, input, "vae", "encoder.");
  const auto height = static_cast<uint64_t>(input.video.height),
             width = static_cast<uint64_t>(input.video.width);
  // One picture: no caches.
  const uint64_t working = vae_working_set(facts, 1, height, width);
  return stage_of(input, "encode_image", Work::kConvolutions, total,
                  working * element_bytes(input.use.dtype));
}

Weights transformer_weights(const ModelFacts& facts, const MemoryInput& input) {
  const auto& component = facts.component("transformer");
  const auto& use = input.use;
  const int64_t layers = facts.hunyuan15.transformer.num_layers;
  // Streamed blocks are estimated as equal ones.
  const auto needed = needed_weights(component, use, [&](const std::string& name) {
    return is_block(name) && !is_never_read(name, layers);
  });
  auto blocks = use.streams() ? needed_weights(component, use, is_block) : needed;
  blocks.read = needed.read;
  auto total = placed(blocks / use.parallel.tensor, layers, use, use.resident_blocks);
  total.read += needed_weights(component, use, is_modulation).read;
  total += needed_weights(component, use, [](const std::string& name) {
    return !is_block(name) && !is_modulation(name);
  });
  return total;
}

StageEstimate denoise(const ModelFacts& facts, const MemoryInput& input) {
  const auto& model = facts.hunyuan15.transformer;
  const auto& parallel = input.use.parallel;
  const auto total = transformer_weights(facts, input);
  const auto latent = latent_shape(input.video, facts.shape);
  const auto sequence = static_cast<uint64_t>(parallel.ulysses * parallel.ring);
  const auto tokens = static_cast<uint64_t>(token_count(latent, facts.shape)) / sequence +
                      static_cast<uint64_t>(text_tokens(input));
  const auto branches = static_cast<uint64_t>(std::max<int64_t>(1, input.branches / parallel.cfg));
  // The residual streams of each branch; then what one block holds at most: the normed input, the
  // MLP's hidden layer and its activation (which is also about what queries, keys, values and their
  // joint copies take).
  const double block = 1 + 2 * model.mlp_ratio;
  const auto values =
      static_cast<uint64_t>((static_cast<double>(kept_streams(input, branches)) + block) *
                            static_cast<double>(model.width()));
  // Six vectors of a step for each stream of each block.
  const uint64_t modulations =
      12 * static_cast<uint64_t>(input.steps * model.num_layers * model.width()) /
      static_cast<uint64_t>(parallel.tensor);
  // Latents, predictions and the model's input in float32.
  const auto latents =
      4 * static_cast<uint64_t>(latent.positions()) *
      static_cast<uint64_t>(model.in_channels + (2 + input.branches) * model.out_channels);
  return stage_of(input, "denoise", Work::kBlocks, total,
                  (tokens * values + modulations) * element_bytes(input.use.dtype) + latents);
}

StageEstimate decode(const ModelFacts& facts, const MemoryInput& input) {
  auto total = convolution_weights(facts, input, "vae", "decoder.");
  const auto height = static_cast<uint64_t>(input.video.height),
             width = static_cast<uint64_t>(input.video.width);
  const uint64_t frame = 3 * height * width * sizeof(float);
  const auto side = static_cast<uint64_t>(input.tile_size);
  const uint64_t at_height = input.tiled ? std::min(side, height) : height;
  const uint64_t at_width = input.tiled ? std::min(side, width) : width;
  const uint64_t part = part_frames(facts, input.video.frames);
  uint64_t activations =
      (vae_caches(facts, at_height, at_width) + vae_working_set(facts, part, at_height, at_width)) *
      element_bytes(input.use.dtype);
  // Tiles, one row of them and what is assembled, are of all frames; whole frames leave as they
  // come.
  const auto frames = static_cast<uint64_t>(input.video.frames);
  const uint64_t row = input.tiled ? frame * at_height / height * frames : 0;
  const bool all_frames = input.tiled || input.keeps_video;
  activations +=
      row + frame * ((all_frames ? frames : part) + kCopiedFrames) + encoder_bytes(input.video);
  return stage_of(input, "decode", Work::kConvolutions, total, activations);
}

}  // namespace

MemoryPlan hunyuan15_memory(const ModelFacts& facts, const MemoryInput& input) {
  MemoryPlan plan;
  plan.stages.push_back(encode_text(facts, input));
  if (facts.task() == Task::kImageToVideo) plan.stages.push_back(encode_image(facts, input));
  plan.stages.push_back(denoise(facts, input));
  plan.stages.push_back(decode(facts, input));
  if (config::loads_ahead(input.load_ahead, config::LoadAhead::kTransformer))
    hold_ahead(plan, "encode_text", "denoise", transformer_weights(facts, without_slots(input)));
  if (config::loads_ahead(input.load_ahead, config::LoadAhead::kVae))
    hold_ahead(plan, "denoise", "decode", convolution_weights(facts, input, "vae", "decoder."));
  return plan;
}

}  // namespace kinema::plan
