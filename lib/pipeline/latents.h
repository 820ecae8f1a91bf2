// What denoising makes and decoding needs: the tensors of a latents file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include <ATen/core/Tensor.h>

namespace kinema::pipeline {

// Undefined tensors are what the model does not make.
struct Latents {
  at::Tensor video;  // [1, C, T, H, W]
  at::Tensor audio;

  // By their names in files: "latents", "audio_latents".
  std::map<std::string, at::Tensor> named() const;
};

// Latents between two steps.
struct PartialLatents {
  Latents latents;
  int64_t steps_done = 0;
};

// Writes `path` anew; `job` is the JSON of the job they belong to, or empty. Throws Error(kIo).
void write_latents(const std::filesystem::path& path,
                   const Latents& latents,
                   const std::string& job);

// On the CPU. Throws Error(kModel) if `path` is no latents file.
Latents read_latents(const std::filesystem::path& path);

// The same for a generation that stopped between two steps; nothing if there is no such file.
void write_partial(const std::filesystem::path& path, const PartialLatents& partial);
std::optional<PartialLatents> read_partial(const std::filesystem::path& path);

}  // namespace kinema::pipeline
