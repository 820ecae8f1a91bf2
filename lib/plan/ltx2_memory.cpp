// Formulas, each beside its reason; run reports print the measured peaks beside them.
#include "plan/ltx2_memory.h"

#include <algorithm>
#include <string>

#include "plan/memory_parts.h"

namespace kinema::plan {
namespace {

// Latent frames decoded at a time (models/ltx2/vae_decoder.h).
constexpr int64_t kLatentFrames = 2;
// Frames in float32 that the copies of a few on their way to 8 bits take.
constexpr uint64_t kCopiedFrames = 16;

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
  auto larger = encoder.bytes > bridge.bytes ? encoder : bridge;
  larger.read = encoder.read + bridge.read;
  const uint64_t tokens = unsign(input.text_tokens);
  const uint64_t features = 2 * tokens * unsign(connectors.features());
  // Residual, norm, queries, keys and values; gate, up and their product.
  const uint64_t widths = unsign(5 * gemma.hidden_size + 3 * gemma.intermediate_size);
  const uint64_t scores = unsign(gemma.num_attention_heads) * tokens * tokens;
  return stage_of(input, "encode_text", Work::kText, larger,
                  bytes_of(features + tokens * widths + scores, input));
}

// Values that a part of kLatentFrames takes on its way through the decoder, at most: of every level
// its result, which is kept until its parts have gone through the next, and at one of them a
// block's input, its first convolution's result, and the normed and padded copies of the second's
// input.
uint64_t decoder_part(const ModelFacts& facts, int64_t height, int64_t width) {
  const auto& vae = facts.ltx2.vae;
  const int64_t side = vae.spatial_compression_ratio;
  uint64_t positions = unsign(kLatentFrames * (height / side) * (width / side));
  uint64_t kept = positions * unsign(vae.decoder_mid_width), most = 4 * kept;
  for (const auto& level : vae.up) {
    if (level.up) positions *= unsign(level.up->product());
    const uint64_t clip = positions * unsign(level.out);
    most = std::max(most, kept + 4 * clip);
    kept += clip;
  }
  return most;
}

// What the decoder's layers remember between parts of time: two frames before each convolution, and
// as many of what goes around a residual block.
uint64_t decoder_memory(const ModelFacts& facts, int64_t height, int64_t width) {
  const auto& vae = facts.ltx2.vae;
  const int64_t side = vae.spatial_compression_ratio;
  uint64_t positions = unsign((height / side) * (width / side));
  uint64_t values = 6 * unsign(vae.decoder_mid_resnets * vae.decoder_mid_width) * positions;
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
  return stage_of(input, "encode_image", Work::kConvolutions, total,
                  bytes_of(4 * unsign(vae.down.front().in * positions), input));
}

bool is_block(const std::string& name) { return name.starts_with("transformer_blocks."); }

// Layers that speak of the time are read once, for all steps, before the first, and let go.
bool is_modulation(const std::string& name) {
  return name.starts_with("time_embed.") || name.starts_with("audio_time_embed.") ||
         name.starts_with("av_cross_attn_") || name.starts_with("prompt_adaln.") ||
         name.starts_with("audio_prompt_adaln.") || name == "scale_shift_table" ||
         name == "audio_scale_shift_table";
}

Weights transformer_weights(const ModelFacts& facts, const MemoryInput& input) {
  const auto& component = facts.component("transformer");
  const auto blocks = needed_weights(component, input.use, is_block) / input.use.parallel.tensor;
  auto total =
      placed(blocks, facts.ltx2.transformer.num_layers, input.use, input.use.resident_blocks);
  total.read += needed_weights(component, input.use, is_modulation).read;
  total += needed_weights(component, input.use, [](const std::string& name) {
    return !is_block(name) && !is_modulation(name);
  });
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
  // The residual streams of each pass; then what one block holds at most: the normed input, the
  // MLP's hidden layer and its activation, which is also about what queries, keys and values take.
  constexpr uint64_t kBlock = 1 + 2 * 4;
  const uint64_t stream =
      tokens * unsign(model.video.width()) + sound * unsign(model.audio.width());
  // Keys and values of the text: once for all steps, or those of one block.
  const uint64_t kept_blocks = model.text_follows_step() ? 1 : unsign(model.num_layers);
  const uint64_t text = 2 * kept_blocks * branches * unsign(input.text_tokens) *
                        unsign(model.video.width() + model.audio.width()) / unsign(parallel.tensor);
  // Cosines and sines of half the width, of the attention to oneself and of that between the
  // streams, in float32.
  const uint64_t cross = unsign(model.audio.cross_attention_dim);
  const uint64_t tables = 4 *
                          (tokens * (unsign(model.video.width()) + cross) +
                           sound * (unsign(model.audio.width()) + cross)) /
                          unsign(parallel.tensor);
  // Latents and predictions in float32.
  const uint64_t latents =
      4 * (2 + unsign(input.branches)) *
      (all * unsign(model.video.in_channels) + sound * unsign(model.audio.in_channels));
  return stage_of(
      input, "denoise", Work::kBlocks, total,
      bytes_of((kept_streams(input, branches) + kBlock) * stream + text, input) + tables + latents);
}

// Channels as oneDNN's blocks want them.
uint64_t blocked(uint64_t channels, bool on_cpu) {
  return on_cpu ? (channels + 15) / 16 * 16 : channels;
}

// Values that a vocoder's network takes for so many mel frames: at one level its input, the sum of
// the residual blocks, one block's state and its branch, and either a convolution or an activation
// at a higher rate with its bump; of what is convolved two copies in blocks of channels.
uint64_t generator_values(const config::Ltx2GeneratorConfig& config,
                          int64_t mel_frames,
                          bool on_cpu) {
  const uint64_t clips = config.antialias ? unsign(5 + 2 * config.antialias_ratio) : 6;
  uint64_t length = unsign(mel_frames), channels = unsign(config.hidden_channels), most = 0;
  for (const int64_t factor : config.upsample_factors) {
    length *= unsign(factor);
    channels /= 2;
    most = std::max(most, length * (clips * channels + 2 * blocked(channels, on_cpu)));
  }
  return most;
}

uint64_t vocoder_values(const config::Ltx2VocoderConfig& config, int64_t mel_frames, bool on_cpu) {
  const uint64_t first = generator_values(config.generator, mel_frames, on_cpu);
  if (!config.bandwidth) return first;
  const int64_t samples = mel_frames * config.generator.upsampling();
  const int64_t frames = samples / config.bandwidth->hop_length + 1;
  return std::max(first, generator_values(config.bandwidth->generator, frames, on_cpu));
}

// Different convolutions of a vocoder's network: of each level the upsampling, each kernel at each
// distance, and the filters of an activation at a higher rate.
int64_t convolutions(const config::Ltx2GeneratorConfig& config) {
  int64_t level = config.antialias ? 3 : 1;
  for (const auto& dilations : config.resnet_dilations)
    level += static_cast<int64_t>(dilations.size());
  return static_cast<int64_t>(config.upsample_factors.size()) * level;
}

// What oneDNN keeps to the end for each of them, measured. A vocoder that raises the rate computes
// in float32 whatever the rest does.
uint64_t sound_program_bytes(const ModelFacts& facts, const MemoryInput& input) {
  constexpr uint64_t kFloat32 = 400'000, kBfloat16 = 1'200'000;
  if (!input.use.on_cpu || !input.sound) return 0;
  const auto& vocoder = facts.ltx2.vocoder;
  const bool whole = vocoder.bandwidth || input.use.dtype == config::Dtype::kFloat32;
  const int64_t count = convolutions(vocoder.generator) +
                        (vocoder.bandwidth ? convolutions(vocoder.bandwidth->generator) : 0);
  return (whole ? kFloat32 : kBfloat16) * unsign(count);
}

// The last change of the spectrogram's grid: the finer clip, its padded copy, the result, and both
// in the order in which convolutions want them.
uint64_t spectrogram_values(const config::Ltx2AudioVaeConfig& config, int64_t mel_frames) {
  const int64_t level = std::min<int64_t>(1, static_cast<int64_t>(config.ch_mult.size()) - 1);
  const int64_t channels = config.base_channels * config.ch_mult[static_cast<size_t>(level)];
  return 5 * unsign(channels * mel_frames * config.mel_bins);
}

StageEstimate decode_audio(const ModelFacts& facts, const MemoryInput& input) {
  const auto& configs = facts.ltx2;
  auto total = convolution_weights(facts, input, "audio_vae", "decoder.");
  total += convolution_weights(facts, input, "vocoder", "");
  const int64_t frames = ltx2_audio_frames(configs, input.video.frames, input.fps);
  const int64_t mel = config::Ltx2AudioVaeConfig::mel_frames(std::max<int64_t>(1, frames));
  // A vocoder that raises the rate computes in float32 whatever the rest does.
  const bool on_cpu = input.use.on_cpu;
  const uint64_t values = std::max(spectrogram_values(configs.audio_vae, mel),
                                   vocoder_values(configs.vocoder, mel, on_cpu));
  // Convolutions of one dimension put their weights into an order of their own at each call.
  const uint64_t reordered = on_cpu ? total.bytes : 0;
  auto stage = stage_of(input, "decode_audio", Work::kConvolutions, total,
                        sizeof(float) * values + reordered);
  stage.program += sound_program_bytes(facts, input);
  return stage;
}

// The sound that waits for its pictures, and the writer's copy; two channels in float32.
uint64_t sound_bytes(const ModelFacts& facts, const MemoryInput& input) {
  const double seconds = static_cast<double>(input.video.frames) / input.fps.value();
  const auto rate = static_cast<double>(facts.ltx2.vocoder.output_sampling_rate);
  return 2 * 2 * sizeof(float) * static_cast<uint64_t>(seconds * rate);
}

StageEstimate decode(const ModelFacts& facts, const MemoryInput& input) {
  const auto total = convolution_weights(facts, input, "vae", "decoder.");
  const auto& video = input.video;
  const int64_t height = input.tiled ? std::min(input.tile_size, video.height) : video.height;
  const int64_t width = input.tiled ? std::min(input.tile_size, video.width) : video.width;
  const uint64_t frame = 3 * unsign(video.height * video.width) * sizeof(float);
  const uint64_t tile = 3 * unsign(height * width) * sizeof(float);
  const auto all = unsign(video.frames);
  const uint64_t work =
      bytes_of(decoder_part(facts, height, width) + decoder_memory(facts, height, width), input) +
      2 * tile * std::min(all, unsign(kLatentFrames * facts.ltx2.vae.temporal_compression_ratio));
  // Frames leave in groups as they come.
  const uint64_t leaving = kCopiedFrames * frame + encoder_bytes(video);
  uint64_t activations = work + leaving;
  if (input.tiled) {
    // First tiles are made, with a row of them and what is put together of all frames; then that
    // leaves.
    const uint64_t row = frame * unsign(height) / unsign(video.height);
    activations = all * frame + std::max(work + all * (row + tile), leaving);
  }
  if (input.keeps_video) activations += frame * all;
  if (input.sound) activations += sound_bytes(facts, input);
  auto stage = stage_of(input, "decode", Work::kConvolutions, total, activations);
  stage.program += sound_program_bytes(facts, input);
  return stage;
}

}  // namespace

MemoryPlan ltx2_memory(const ModelFacts& facts, const MemoryInput& input) {
  MemoryPlan plan;
  plan.stages.push_back(encode_text(facts, input));
  if (input.encodes_pictures) plan.stages.push_back(encode_image(facts, input));
  plan.stages.push_back(denoise(facts, input));
  if (input.sound) plan.stages.push_back(decode_audio(facts, input));
  plan.stages.push_back(decode(facts, input));
  if (config::loads_ahead(input.load_ahead, config::LoadAhead::kTransformer))
    hold_ahead(plan, "encode_text", "denoise", transformer_weights(facts, without_slots(input)));
  if (config::loads_ahead(input.load_ahead, config::LoadAhead::kVae))
    hold_ahead(plan, "denoise", "decode", convolution_weights(facts, input, "vae", "decoder."));
  return plan;
}

}  // namespace kinema::plan
