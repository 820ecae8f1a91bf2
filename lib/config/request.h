// What a user can ask for: one job with everything that decides its pixels and how it is run. Names
// are the flags' names.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/log.h"
#include "config/units.h"

namespace kinema::config {

enum class ImageFit { kReference, kCrop, kPad, kStretch };
enum class Resolution { k480p, k720p };
enum class RoundFrames { kNo, kUp, kDown };
enum class Numerics { kTrained, kReference };
enum class Kernels { kReference, kFused };
enum class Dtype { kFloat32, kBfloat16 };
enum class VaeTiling { kAuto, kOn, kOff };
enum class Offload { kNone, kModel, kBlock, kDisk };
// Whether a network's blocks come and go, from host memory or the files.
inline bool in_blocks(Offload offload) {
  return offload == Offload::kBlock || offload == Offload::kDisk;
}
enum class LoadAhead { kAuto, kNone, kTransformer, kVae, kAll };
// Whether `one` of the networks is among the chosen.
inline bool loads_ahead(LoadAhead chosen, LoadAhead one) {
  return chosen == one || chosen == LoadAhead::kAll;
}
enum class ParallelChoice { kManual, kAuto };
enum class Codec { kH264, kHevc, kAv1, kFfv1 };
enum class ProgressStyle { kAuto, kBar, kPlain, kJson, kNone };
enum class ColorMode { kAuto, kAlways, kNever };

// An empty optional means "not given": the checkpoint or the resolver decides. In a resolved
// request (plan/resolve.h) all that the pipeline needs has a value; config/options.h says what each
// field means.
struct Request {
  std::optional<std::filesystem::path> model, transformer_path, vae_path, text_encoder_path;
  std::optional<std::vector<Lora>> lora;
  bool lora_ignore_unmatched = false;
  bool strict = false;

  std::optional<std::string> prompt, negative_prompt;
  std::optional<std::filesystem::path> image;
  ImageFit image_fit = ImageFit::kReference;
  std::optional<int64_t> image_crf;
  std::optional<std::vector<Condition>> conditions;
  std::optional<std::filesystem::path> latents, latent_upsampler;
  std::optional<double> noise_scale, adain_factor, tone_map_compression_ratio;
  std::optional<uint64_t> seed;
  int64_t num_outputs_per_prompt = 1;

  std::optional<int64_t> width, height;  // output pixels
  std::optional<Resolution> resolution;
  std::optional<AspectRatio> aspect_ratio;
  std::optional<int64_t> num_frames;
  std::optional<double> duration;  // seconds
  RoundFrames round_frames = RoundFrames::kNo;
  std::optional<Rational> fps;

  std::optional<int64_t> num_inference_steps;
  std::optional<double> guidance_scale, guidance_rescale, flow_shift;
  std::optional<double> guidance_start, guidance_stop;  // parts of the steps
  std::optional<double> audio_guidance_scale, audio_guidance_rescale;
  std::optional<double> stg_scale, audio_stg_scale, modality_scale, audio_modality_scale;
  std::optional<std::vector<int64_t>> spatio_temporal_guidance_blocks;
  std::optional<std::vector<double>> sigmas;
  bool use_cross_timestep = true;
  std::optional<double> motion_speed, decode_timestep, decode_noise_scale;
  std::optional<int64_t> max_sequence_length;  // tokens
  Numerics numerics = Numerics::kTrained;

  Device device;
  std::optional<Dtype> dtype;
  std::optional<int64_t> threads;
  Kernels kernels = Kernels::kReference;

  std::optional<int64_t> num_gpus;
  bool share_gpus = false;
  int64_t ulysses_degree = 1, ring_degree = 1, tensor_parallel_size = 1, cfg_parallel_size = 1;
  int64_t vae_patch_parallel_size = 1;
  bool use_hsdp = false;
  std::optional<int64_t> hsdp_shard_size, hsdp_replicate_size;
  ParallelChoice parallel = ParallelChoice::kManual;
  int64_t stall_timeout = 1800;  // seconds

  VaeTiling vae_tiling = VaeTiling::kAuto;
  std::optional<int64_t> vae_tile_size, vae_tile_stride;          // output pixels
  std::optional<int64_t> vae_tile_frames, vae_tile_frame_stride;  // output frames
  Offload offload = Offload::kNone;
  LoadAhead load_ahead = LoadAhead::kAuto;
  std::optional<int64_t> resident_blocks, stream_slots;  // of the transformer's blocks
  std::optional<double> max_memory;                      // GB of 10^9 bytes

  std::optional<std::filesystem::path> output, frames_dir, wav, save_latents, save_tensors, metrics,
      trace;
  bool audio = true;
  bool overwrite = false;
  std::optional<int64_t> crf;
  Codec codec = Codec::kH264;
  bool metadata = true;

  LogLevel log_level = LogLevel::kNormal;
  ProgressStyle progress = ProgressStyle::kAuto;
  ColorMode color = ColorMode::kAuto;
  bool json = false;
};

}  // namespace kinema::config
