// Every setting once. Adding a line here adds the flag, the key, its help and its place in the
// metadata.
#include "config/options.h"

namespace kinema::config {
namespace {

constexpr auto kModelDecides = "the model's";

std::vector<Option> model_options() {
  return {
      {.key = "model",
       .flags = {"--model"},
       .group = Group::kModel,
       .field = field(&Request::model),
       .help = "folder of a checkpoint in diffusers' layout, or the name of a shipped one; "
               "KINEMA_MODEL sets it too",
       .unset = "a shipped model"},
      {.key = "transformer_path",
       .flags = {"--transformer-path"},
       .group = Group::kModel,
       .field = field(&Request::transformer_path),
       .help = "take the transformer from this folder or .safetensors file",
       .unset = "in the model's folder"},
      {.key = "vae_path",
       .flags = {"--vae-path"},
       .group = Group::kModel,
       .field = field(&Request::vae_path),
       .help = "take the VAE from this folder or .safetensors file",
       .unset = "in the model's folder"},
      {.key = "text_encoder_path",
       .flags = {"--text-encoder-path"},
       .group = Group::kModel,
       .field = field(&Request::text_encoder_path),
       .help = "take the text encoder from this folder or .safetensors file",
       .unset = "in the model's folder"},
      {.key = "strict",
       .flags = {"--strict"},
       .group = Group::kModel,
       .field = field(&Request::strict),
       .help = "refuse unknown keys in the checkpoint's configuration files instead of warning of "
               "them"},
  };
}

std::vector<Option> content_options() {
  return {
      {.key = "prompt",
       .flags = {"-p", "--prompt"},
       .group = Group::kContent,
       .field = field(&Request::prompt),
       .help = "what to show: a text, @FILE for a file's text, or - for standard input (@@ begins "
               "a text with @)",
       .unset = "must be given"},
      {.key = "negative_prompt",
       .flags = {"-n", "--negative-prompt"},
       .group = Group::kContent,
       .field = field(&Request::negative_prompt),
       .help = "what not to show (same forms); without effect where guidance is off",
       .unset = "empty"},
      {.key = "image",
       .flags = {"--image", "--image-path"},
       .group = Group::kContent,
       .field = field(&Request::image),
       .help = "picture that an image-to-video model animates",
       .unset = "none"},
      {.key = "image_fit",
       .flags = {"--image-fit"},
       .group = Group::kContent,
       .field = field(&Request::image_fit),
       .help = "how the picture gets the video's shape; reference: size from the picture, resized "
               "and cropped as diffusers does"},
      {.key = "seed",
       .flags = {"--seed"},
       .group = Group::kContent,
       .field = field(&Request::seed),
       .help = "starting noise; the same seed gives the same video",
       .unset = "random, printed"},
      {.key = "num_outputs_per_prompt",
       .flags = {"--num-outputs-per-prompt"},
       .group = Group::kContent,
       .field = field(&Request::num_outputs_per_prompt),
       .help = "so many videos, with seeds N, N+1, ...",
       .least = 1,
       .most = 100000},
  };
}

std::vector<Option> shape_options() {
  return {
      {.key = "width",
       .flags = {"-W", "--width"},
       .group = Group::kShape,
       .field = field(&Request::width),
       .help = "output width in pixels; give both sizes or neither",
       .unset = kModelDecides,
       .least = 1,
       .most = 32768},
      {.key = "height",
       .flags = {"-H", "--height"},
       .group = Group::kShape,
       .field = field(&Request::height),
       .help = "output height in pixels",
       .unset = kModelDecides,
       .least = 1,
       .most = 32768},
      {.key = "resolution",
       .flags = {"--resolution"},
       .group = Group::kShape,
       .field = field(&Request::resolution),
       .help = "instead of a size: the model's size of this class",
       .unset = kModelDecides},
      {.key = "aspect_ratio",
       .flags = {"--aspect-ratio"},
       .group = Group::kShape,
       .field = field(&Request::aspect_ratio),
       .help = "instead of a size: the model's size nearest to this shape",
       .unset = "16:9"},
      {.key = "num_frames",
       .flags = {"--num-frames"},
       .group = Group::kShape,
       .field = field(&Request::num_frames),
       .help = "number of frames",
       .unset = kModelDecides,
       .least = 1,
       .most = 100000},
      {.key = "duration",
       .flags = {"--duration"},
       .group = Group::kShape,
       .field = field(&Request::duration),
       .help = "instead of a number of frames: seconds",
       .unset = "from --num-frames",
       .least = 0.001,
       .most = 100000},
      {.key = "round_frames",
       .flags = {"--round-frames"},
       .group = Group::kShape,
       .field = field(&Request::round_frames),
       .help = "what to do with a number of frames that the model cannot make; no: refuse it"},
      {.key = "fps",
       .flags = {"--fps"},
       .group = Group::kShape,
       .field = field(&Request::fps),
       .help = "frames per second of the file",
       .unset = kModelDecides},
  };
}

std::vector<Option> sampling_options() {
  return {
      {.key = "num_inference_steps",
       .flags = {"--num-inference-steps", "--steps"},
       .group = Group::kSampling,
       .field = field(&Request::num_inference_steps),
       .help = "denoising steps",
       .unset = kModelDecides,
       .least = 1,
       .most = 1000},
      {.key = "guidance_scale",
       .flags = {"--guidance-scale"},
       .group = Group::kSampling,
       .field = field(&Request::guidance_scale),
       .help = "how strongly the prompt is followed; 1 runs without guidance and twice as fast",
       .unset = kModelDecides,
       .least = 0,
       .most = 1000},
      {.key = "guidance_rescale",
       .flags = {"--guidance-rescale"},
       .group = Group::kSampling,
       .field = field(&Request::guidance_rescale),
       .help = "share of the guided prediction that is rescaled to the unguided one's spread",
       .unset = kModelDecides,
       .least = 0,
       .most = 1},
      {.key = "flow_shift",
       .flags = {"--flow-shift"},
       .group = Group::kSampling,
       .field = field(&Request::flow_shift),
       .help = "shift of the noise schedule",
       .unset = kModelDecides,
       .least = 0.01,
       .most = 1000},
      {.key = "numerics",
       .flags = {"--numerics"},
       .group = Group::kSampling,
       .field = field(&Request::numerics),
       .help = "trained: latents and schedule in float32; reference: with diffusers' roundings, "
               "for comparisons in bfloat16"},
  };
}

std::vector<Option> machine_options() {
  return {
      {.key = "device",
       .flags = {"--device"},
       .group = Group::kMachine,
       .field = field(&Request::device),
       .help = "where to compute; auto: the first GPU if there is one"},
      {.key = "dtype",
       .flags = {"--dtype"},
       .group = Group::kMachine,
       .field = field(&Request::dtype),
       .help = "type the networks compute in",
       .unset = "bfloat16 on a GPU, float32 on the CPU"},
      {.key = "threads",
       .flags = {"--threads"},
       .group = Group::kMachine,
       .field = field(&Request::threads),
       .help = "CPU threads of a process; equal results are promised for equal numbers",
       .unset = "the cores, shared by the processes",
       .least = 1,
       .most = 1024},
      {.key = "num_gpus",
       .flags = {"--num-gpus"},
       .group = Group::kMachine,
       .field = field(&Request::num_gpus),
       .help = "number of processes, one on each GPU",
       .unset = "the product of the degrees",
       .least = 1,
       .most = 4096},
      {.key = "ulysses_degree",
       .flags = {"--ulysses-degree"},
       .group = Group::kMachine,
       .field = field(&Request::ulysses_degree),
       .help = "share the tokens, exchanging heads in attention",
       .least = 1,
       .most = 4096},
      {.key = "ring_degree",
       .flags = {"--ring-degree"},
       .group = Group::kMachine,
       .field = field(&Request::ring_degree),
       .help = "share the tokens, passing keys and values around",
       .least = 1,
       .most = 4096},
      {.key = "tensor_parallel_size",
       .flags = {"--tensor-parallel-size"},
       .group = Group::kMachine,
       .field = field(&Request::tensor_parallel_size),
       .help = "share every layer's weights",
       .least = 1,
       .most = 4096},
      {.key = "cfg_parallel_size",
       .flags = {"--cfg-parallel-size"},
       .group = Group::kMachine,
       .field = field(&Request::cfg_parallel_size),
       .help = "compute the branches of guidance at the same time",
       .least = 1,
       .most = 4},
      {.key = "vae_patch_parallel_size",
       .flags = {"--vae-patch-parallel-size"},
       .group = Group::kMachine,
       .field = field(&Request::vae_patch_parallel_size),
       .help = "share the VAE's tiles",
       .least = 1,
       .most = 4096},
      {.key = "use_hsdp",
       .flags = {"--use-hsdp"},
       .group = Group::kMachine,
       .field = field(&Request::use_hsdp),
       .help = "keep a part of each block's weights on each GPU and gather it when it is needed"},
      {.key = "hsdp_shard_size",
       .flags = {"--hsdp-shard-size"},
       .group = Group::kMachine,
       .field = field(&Request::hsdp_shard_size),
       .help = "GPUs that share one copy of the weights",
       .unset = "all of a node",
       .least = 1,
       .most = 4096},
      {.key = "hsdp_replicate_size",
       .flags = {"--hsdp-replicate-size"},
       .group = Group::kMachine,
       .field = field(&Request::hsdp_replicate_size),
       .help = "number of copies of the weights",
       .unset = "1",
       .least = 1,
       .most = 4096},
      {.key = "parallel",
       .flags = {"--parallel"},
       .group = Group::kMachine,
       .field = field(&Request::parallel),
       .help = "auto: choose the degrees for --num-gpus and print them"},
  };
}

std::vector<Option> memory_options() {
  return {
      {.key = "vae_tiling",
       .flags = {"--vae-tiling"},
       .group = Group::kMemory,
       .field = field(&Request::vae_tiling),
       .help = "decode in blended tiles as diffusers does; auto: only where the whole frame would "
               "not fit"},
      {.key = "vae_tile_size",
       .flags = {"--vae-tile-size"},
       .group = Group::kMemory,
       .field = field(&Request::vae_tile_size),
       .help = "side of a tile in output pixels",
       .unset = kModelDecides,
       .least = 16,
       .most = 32768},
      {.key = "vae_tile_stride",
       .flags = {"--vae-tile-stride"},
       .group = Group::kMemory,
       .field = field(&Request::vae_tile_stride),
       .help = "distance of two tiles in output pixels; less than the size, the rest overlaps",
       .unset = "three quarters of the size",
       .least = 16,
       .most = 32768},
      {.key = "offload",
       .flags = {"--offload"},
       .group = Group::kMemory,
       .field = field(&Request::offload),
       .help = "keep weights in host memory: whole components, or block by block"},
      {.key = "max_memory",
       .flags = {"--max-memory"},
       .group = Group::kMemory,
       .field = field(&Request::max_memory),
       .help = "refuse a job that needs more than so many GB (10^9 bytes) on a device",
       .unset = "what is free",
       .least = 0.001,
       .most = 1e6},
  };
}

std::vector<Option> output_options() {
  return {
      {.key = "output",
       .flags = {"-o", "--output"},
       .group = Group::kOutput,
       .field = field(&Request::output),
       .help = "the video's file, or a folder (ending in /) for <model>-<seed>.mp4",
       .unset = "<model>-<seed>.mp4 here"},
      {.key = "overwrite",
       .flags = {"--overwrite"},
       .group = Group::kOutput,
       .field = field(&Request::overwrite),
       .help = "replace files that exist"},
      {.key = "codec",
       .flags = {"--codec"},
       .group = Group::kOutput,
       .field = field(&Request::codec),
       .help = "how the video is compressed"},
      {.key = "crf",
       .flags = {"--crf"},
       .group = Group::kOutput,
       .field = field(&Request::crf),
       .help = "quality of the compression, lower is better",
       .unset = "18",
       .least = 0,
       .most = 63},
      {.key = "frames_dir",
       .flags = {"--frames-dir"},
       .group = Group::kOutput,
       .field = field(&Request::frames_dir),
       .help = "write frame_00000.png, ... into this folder (without --output: instead of a video)",
       .unset = "none"},
      {.key = "save_latents",
       .flags = {"--save-latents"},
       .group = Group::kOutput,
       .field = field(&Request::save_latents),
       .help = "save the latents before they are decoded (without a path: beside the video)",
       .unset = "none",
       .bare = "{output}.latents.safetensors"},
      {.key = "save_tensors",
       .flags = {"--save-tensors"},
       .group = Group::kOutput,
       .field = field(&Request::save_tensors),
       .help =
           "save embeddings, noise, first prediction, latents and frames as one .safetensors file",
       .unset = "none"},
      {.key = "metrics",
       .flags = {"--metrics", "--report"},
       .group = Group::kOutput,
       .field = field(&Request::metrics),
       .help = "write settings, versions, times, peaks and bytes as JSON",
       .unset = "none"},
      {.key = "metadata",
       .flags = {"--metadata"},
       .group = Group::kOutput,
       .field = field(&Request::metadata),
       .help = "store the resolved job in the video file"},
  };
}

std::vector<Option> talk_options() {
  return {
      {.key = "log_level",
       .flags = {"--log-level"},
       .group = Group::kTalk,
       .field = field(&Request::log_level),
       .help = "how much is said on stderr; KINEMA_LOG sets it too",
       .shorthands = {{{"-q", "--quiet"}, {"quiet"}, "errors and warnings only, no progress"},
                      {{"-v", "--verbose"}, {"verbose", "debug"}, "say more (twice: everything)"}}},
      {.key = "progress",
       .flags = {"--progress"},
       .group = Group::kTalk,
       .field = field(&Request::progress),
       .help = "auto: a bar on a terminal, plain lines otherwise"},
      {.key = "color",
       .flags = {"--color"},
       .group = Group::kTalk,
       .field = field(&Request::color),
       .help = "auto: on a terminal, unless NO_COLOR is set"},
      {.key = "json",
       .flags = {"--json"},
       .group = Group::kTalk,
       .field = field(&Request::json),
       .help = "print the result as one JSON object"},
  };
}

}  // namespace

const std::vector<Option>& options() {
  static const std::vector<Option> table = [] {
    std::vector<Option> all;
    for (auto* part : {model_options, content_options, shape_options, sampling_options,
                       machine_options, memory_options, output_options, talk_options}) {
      for (auto& one : part()) all.push_back(std::move(one));
    }
    return all;
  }();
  return table;
}

const Option* find_option(std::string_view key) {
  for (const auto& one : options()) {
    if (one.key == key) return &one;
  }
  return nullptr;
}

const Option& option(std::string_view key) {
  if (const auto* found = find_option(key)) return *found;
  throw Error(ErrorKind::kInternal, "no option is called " + std::string(key));
}

std::vector<std::string> option_keys() {
  std::vector<std::string> keys;
  for (const auto& one : options()) keys.push_back(one.key);
  return keys;
}

}  // namespace kinema::config
