// Settings that name the checkpoint and how its files are read.
#include "config/option_groups.h"

namespace kinema::config {

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
      {.key = "lora",
       .flags = {"--lora"},
       .group = Group::kModel,
       .field = field(&Request::lora),
       .help = "add this safetensors file's low-rank adapters, so many times, to the weights while "
               "they are read; may be repeated",
       .unset = "none"},
      {.key = "lora_ignore_unmatched",
       .flags = {"--lora-ignore-unmatched"},
       .group = Group::kModel,
       .field = field(&Request::lora_ignore_unmatched),
       .help = "leave out adapters that fit no layer of the model instead of refusing their file"},
      {.key = "strict",
       .flags = {"--strict"},
       .group = Group::kModel,
       .field = field(&Request::strict),
       .help = "refuse unknown keys in the checkpoint's configuration files instead of warning of "
               "them"},
  };
}

}  // namespace kinema::config
