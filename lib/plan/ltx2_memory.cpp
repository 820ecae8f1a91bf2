// Formulas, each beside its reason; run reports print the measured peaks beside them.
#include "plan/ltx2_memory.h"

#include <algorithm>
#include <string>

#include "plan/memory_parts.h"

namespace kinema::plan {
namespace {

// Latent frames decoded at a time (models/ltx2/vae_decoder.h).
constexpr int64_t kLatentFrames = 2;
// Frames on their way from the decoder's grid to 8 bits: a part's, unpatched and converted.
constexpr uint64_t kCopiedFrames = 32;

uint64_t bytes_of(uint64_t values, const MemoryInput& input) {
  return values * element_bytes(input.use.dtype);
}

uint64_t unsign(int64_t value) { return static_cast<uint64_t>(value); }

bool contains(const std::string& text, const char* part) {
  return text.find(part) != std::string::npos;
}

// Of the embedding only the prompt's rows are read.
bool text_needs(const std::string& name) {
  return contains(name, "layers.") && !contains(name, "vision_tower.");
}

StageEstimate encode_text(const ModelFacts& facts, const MemoryInput& input) {
  const auto& gemma = facts.ltx2.text_encoder;
  const auto& connectors = facts.ltx2.connectors;
  const auto layers = needed_weights(facts.component("text_encoder"), input.use, text_needs) /
                      input.use.parallel.tensor;
  const auto encoder = placed(layers, gemma.num_hidden_layers, input.use);
  const auto bridge = needed_weights(facts.component("connectors"), input.use,
                                     [](const std::string&) { return true; });
  // One after the other; between them are the hidden states of every layer, of each prompt.
  const auto& larger = encoder.bytes > bridge.bytes ? encoder : bridge;
  const uint64_t tokens = unsign(input.text_tokens);
  const uint64_t features = 2 * tokens * unsign(connectors.features());
  // Residual, norm, queries, keys and values; gate, up and their product.
  const uint64_t widths = unsign(5 * gemma.hidden_size + 3 * gemma.intermediate_size);
  const uint64_t scores = unsign(gemma.num_attention_heads) * tokens * tokens;
  return {"encode_text", program_bytes(input), larger.bytes, larger.mapped,
          bytes_of(features + tokens * widths + scores, input)};
}

// Values that `frames` worked on at a time take at the decoder's finest grid, for `height` x
// `width` pixels: a block's input, its normed and padded copies, and its output.
uint64_t decoder_part(const ModelFacts& facts, int64_t frames, int64_t height, int64_t width) {
  const auto& vae = facts.ltx2.vae;
  const int64_t area = vae.patch_size * vae.patch_size;
  return 4 * unsign(vae.up.back().out * frames * height * width / area);
}

// What the decoder's layers remember between parts of time: two frames before each convolution, and
// as many of what goes around a residual block.
uint64_t decoder_memory(const ModelFacts& facts, int64_t height, int64_t width) {
  const auto& vae = facts.ltx2.vae;
  uint64_t values = 0, positions = unsign(height * width);
  positions /= unsign(vae.spatial_compression_ratio * vae.spatial_compression_ratio);
  for (const auto& level : vae.up) {
    if (level.up) positions *= unsign(level.up->height * level.up->width);
    values += 6 * unsign(level.resnets * level.out) * positions;
  }
  return values;
}

StageEstimate encode_image(const ModelFacts& facts, const MemoryInput& input) {
  const auto total = convolution_weights(facts, input, "vae", "encoder.");
  const auto& vae = facts.ltx2.vae;
  const int64_t positions =
      input.video.height * input.video.width / (vae.patch_size * vae.patch_size);
  return {"encode_image", program_bytes(input), total.bytes, total.mapped,
          bytes_of(4 * unsign(vae.down.front().in * positions), input)};
}

bool is_block(const std::string& name) { return name.starts_with("transformer_blocks."); }

Weights transformer_weights(const ModelFacts& facts, const MemoryInput& input) {
  const auto& component = facts.component("transformer");
  const auto blocks = needed_weights(component, input.use, is_block) / input.use.parallel.tensor;
  auto total =
      placed(blocks, facts.ltx2.transformer.num_layers, input.use, input.use.resident_blocks);
  total +=
      needed_weights(component, input.use, [](const std::string& name) { return !is_block(name); });
  return total;
}

StageEstimate denoise(const ModelFacts& facts, const MemoryInput& input) {
  const auto& model = facts.ltx2.transformer;
  const auto& parallel = input.use.parallel;
  const auto total = transformer_weights(facts, input);
  const uint64_t all = unsign(input.video_tokens);
  const uint64_t tokens = all / unsign(parallel.ulysses * parallel.ring);
  const uint64_t sound = unsign(ltx2_audio_frames(facts.ltx2, input.video.frames, input.fps));
  const uint64_t branches =
      unsign(std::max<int64_t>(1, (input.branches + parallel.cfg - 1) / parallel.cfg));
  // A residual stream for each pass; then what one block holds at most: the normed input, the MLP's
  // hidden layer and its activation, which is also about what queries, keys and values take.
  constexpr uint64_t kBlock = 1 + 2 * 4;
  const uint64_t stream =
      tokens * unsign(model.video.width()) + sound * unsign(model.audio.width());
  // Keys and values of the text: once for all steps, or those of one block.
  const uint64_t kept_blocks = model.text_follows_step() ? 1 : unsign(model.num_layers);
  const uint64_t text = 2 * kept_blocks * branches * unsign(input.text_tokens) *
                        unsign(model.video.width() + model.audio.width()) / unsign(parallel.tensor);
  // Latents and predictions in float32.
  const uint64_t latents =
      4 * (2 + unsign(input.branches)) *
      (all * unsign(model.video.in_channels) + sound * unsign(model.audio.in_channels));
  return {"denoise", program_bytes(input), total.bytes, total.mapped,
          bytes_of((branches + kBlock) * stream + text, input) + latents};
}

StageEstimate decode_audio(const ModelFacts& facts, const MemoryInput& input) {
  const auto& configs = facts.ltx2;
  auto total = convolution_weights(facts, input, "audio_vae", "decoder.");
  total += convolution_weights(facts, input, "vocoder", "");
  const int64_t frames = ltx2_audio_frames(configs, input.video.frames, input.fps);
  const int64_t mel = config::Ltx2AudioVaeConfig::mel_frames(std::max<int64_t>(1, frames));
  // The vocoder's last level: a residual block's input, its activations and their sum, in float32.
  const auto& generator =
      configs.vocoder.bandwidth ? configs.vocoder.bandwidth->generator : configs.vocoder.generator;
  const auto levels = static_cast<int64_t>(generator.upsample_factors.size());
  const int64_t channels = std::max<int64_t>(1, generator.hidden_channels >> levels);
  const uint64_t samples = unsign(mel * generator.upsampling());
  return {"decode_audio", program_bytes(input), total.bytes, total.mapped,
          4 * 6 * samples * unsign(channels)};
}

StageEstimate decode(const ModelFacts& facts, const MemoryInput& input) {
  const auto total = convolution_weights(facts, input, "vae", "decoder.");
  const auto& video = input.video;
  const int64_t height = input.tiled ? std::min(input.tile_size, video.height) : video.height;
  const int64_t width = input.tiled ? std::min(input.tile_size, video.width) : video.width;
  const int64_t part = kLatentFrames * facts.ltx2.vae.temporal_compression_ratio;
  const uint64_t frame = 3 * unsign(video.height * video.width) * sizeof(float);
  const bool all_frames = input.tiled || input.keeps_video;
  // What is put together of tiles, or kept for a dump, is of all frames; whole frames leave as they
  // come.
  const uint64_t frames = unsign(all_frames ? video.frames : part) + kCopiedFrames;
  return {"decode", program_bytes(input), total.bytes, total.mapped,
          bytes_of(decoder_part(facts, part, height, width) + decoder_memory(facts, height, width),
                   input) +
              (input.tiled ? 2 : 1) * frame * frames + encoder_bytes(video)};
}

}  // namespace

MemoryPlan ltx2_memory(const ModelFacts& facts, const MemoryInput& input) {
  MemoryPlan plan;
  plan.stages.push_back(encode_text(facts, input));
  if (input.encodes_pictures) plan.stages.push_back(encode_image(facts, input));
  plan.stages.push_back(denoise(facts, input));
  plan.stages.push_back(decode_audio(facts, input));
  plan.stages.push_back(decode(facts, input));
  return plan;
}

}  // namespace kinema::plan
