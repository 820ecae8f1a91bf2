// Formulas, each beside its reason; run reports print the measured peaks beside them.
#include "plan/hunyuan15_memory.h"

#include <algorithm>
#include <functional>

namespace kinema::plan {
namespace {

using checkpoint::Component;

// The chat template in front of a prompt and the five tokens behind it.
constexpr int64_t kTemplateTokens = 113;
constexpr int64_t kMostTextTokens = 1000;

uint64_t bytes_of(config::Dtype dtype) { return dtype == config::Dtype::kFloat32 ? 4 : 2; }

checkpoint::Dtype stored(config::Dtype dtype) {
  return dtype == config::Dtype::kFloat32 ? checkpoint::Dtype::kF32 : checkpoint::Dtype::kBF16;
}

struct Weights {
  uint64_t bytes = 0, mapped = 0;

  Weights& operator+=(const Weights& other) {
    bytes += other.bytes;
    mapped += other.mapped;
    return *this;
  }
};

// The tensors of a component that are needed, in the type they are computed in. On the CPU a tensor
// that is stored in that type is used where it lies.
Weights weights(const ModelFacts& facts,
                const MemoryInput& input,
                const std::string& component,
                const std::function<bool(const std::string&)>& needed) {
  Weights total;
  const auto opened = Component::open(facts.component(component).weights);
  for (const auto& [name, tensor] : opened.tensors()) {
    if (!needed(name)) continue;
    const uint64_t bytes = tensor.entry.elements() * bytes_of(input.dtype);
    total.bytes += bytes;
    if (input.on_cpu && tensor.entry.dtype == stored(input.dtype)) total.mapped += bytes;
  }
  return total;
}

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

// The modulation layers are read once, for all steps, and dropped before the first.
bool transformer_keeps(const std::string& name) {
  return !contains(name, ".norm1.linear.") && !contains(name, ".norm1_context.linear.") &&
         !name.starts_with("norm_out.linear.");
}

// Each byte of a prompt is a token at most.
int64_t text_tokens(const MemoryInput& input) {
  return std::min(input.prompt_bytes + 5, kMostTextTokens);
}

StageEstimate encode_text(const ModelFacts& facts, const MemoryInput& input) {
  const auto& qwen = facts.hunyuan15.text_encoder;
  auto total = weights(facts, input, "text_encoder", [&](const std::string& name) {
    return language_model_needs(name, qwen.num_hidden_layers);
  });
  // The glyph encoder comes after the language model has gone; it is always the smaller one.
  const uint64_t tokens = static_cast<uint64_t>(text_tokens(input) + kTemplateTokens);
  // Residual, norm, queries, keys and values; gate, up and their product.
  const uint64_t widths = static_cast<uint64_t>(5 * qwen.hidden_size + 3 * qwen.intermediate_size);
  const uint64_t scores = static_cast<uint64_t>(qwen.num_attention_heads) * tokens * tokens;
  return {"encode_text", total.bytes, total.mapped,
          (tokens * widths + scores) * bytes_of(input.dtype)};
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

// One latent frame's worth of the widest level: the input, the output and a copy padded for the
// convolution.
uint64_t vae_working_set(const ModelFacts& facts, uint64_t height, uint64_t width) {
  const auto& vae = facts.hunyuan15.vae;
  const auto frames = static_cast<uint64_t>(vae.temporal_compression_ratio);
  return 3 * frames * static_cast<uint64_t>(vae.block_out_channels.front()) * height * width;
}

StageEstimate encode_image(const ModelFacts& facts, const MemoryInput& input) {
  auto total = weights(facts, input, "image_encoder",
                       [](const std::string& name) { return !contains(name, "head."); });
  total += weights(facts, input, "vae",
                   [](const std::string& name) { return name.starts_with("encoder."); });
  const auto height = static_cast<uint64_t>(input.video.height),
             width = static_cast<uint64_t>(input.video.width);
  // One picture: no caches, and a single frame where decoding has several.
  const uint64_t working = vae_working_set(facts, height, width) / 2;
  return {"encode_image", total.bytes, total.mapped, working * bytes_of(input.dtype)};
}

StageEstimate denoise(const ModelFacts& facts, const MemoryInput& input) {
  const auto& model = facts.hunyuan15.transformer;
  const auto& parallel = input.parallel;
  auto total = weights(facts, input, "transformer", transformer_keeps);
  total.bytes /= static_cast<uint64_t>(parallel.tensor);
  total.mapped /= static_cast<uint64_t>(parallel.tensor);
  const auto latent = latent_shape(input.video, facts.shape);
  const auto sequence = static_cast<uint64_t>(parallel.ulysses * parallel.ring);
  const auto tokens = static_cast<uint64_t>(token_count(latent, facts.shape)) / sequence +
                      static_cast<uint64_t>(text_tokens(input));
  const auto branches = static_cast<uint64_t>(std::max<int64_t>(1, input.branches / parallel.cfg));
  // A residual stream for each branch; then what one block holds at most: the normed input, the
  // MLP's hidden layer and its activation (which is also about what queries, keys, values and their
  // joint copies take).
  const double block = 1 + 2 * model.mlp_ratio;
  const auto values = static_cast<uint64_t>((static_cast<double>(branches) + block) *
                                            static_cast<double>(model.width()));
  // Six vectors of a step for each stream of each block.
  const uint64_t modulations =
      12 * static_cast<uint64_t>(input.steps * model.num_layers * model.width()) /
      static_cast<uint64_t>(parallel.tensor);
  // Latents, predictions and the model's input in float32.
  const auto latents =
      4 * static_cast<uint64_t>(latent.positions()) *
      static_cast<uint64_t>(model.in_channels + (2 + input.branches) * model.out_channels);
  return {"denoise", total.bytes, total.mapped,
          (tokens * values + modulations) * bytes_of(input.dtype) + latents};
}

StageEstimate decode(const ModelFacts& facts, const MemoryInput& input) {
  auto total = weights(facts, input, "vae",
                       [](const std::string& name) { return name.starts_with("decoder."); });
  const auto height = static_cast<uint64_t>(input.video.height),
             width = static_cast<uint64_t>(input.video.width);
  const uint64_t frame = 3 * height * width * sizeof(float);
  const auto side = static_cast<uint64_t>(input.tile_size);
  const uint64_t at_height = input.tiled ? std::min(side, height) : height;
  const uint64_t at_width = input.tiled ? std::min(side, width) : width;
  uint64_t activations =
      (vae_caches(facts, at_height, at_width) + vae_working_set(facts, at_height, at_width)) *
      bytes_of(input.dtype);
  // Tiles are blended over all frames; whole frames leave as they come.
  const bool all_frames = input.tiled || input.keeps_video;
  activations += frame * (all_frames ? static_cast<uint64_t>(input.video.frames) : 8);
  return {"decode", total.bytes, total.mapped, activations};
}

}  // namespace

MemoryPlan hunyuan15_memory(const ModelFacts& facts, const MemoryInput& input) {
  MemoryPlan plan;
  plan.stages.push_back(encode_text(facts, input));
  if (facts.task() == Task::kImageToVideo) plan.stages.push_back(encode_image(facts, input));
  plan.stages.push_back(denoise(facts, input));
  plan.stages.push_back(decode(facts, input));
  return plan;
}

}  // namespace kinema::plan
