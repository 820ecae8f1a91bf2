// Names as --save-tensors and the reference use them.
#include "pipeline/latents.h"

#include "base/error.h"
#include "checkpoint/safetensors.h"
#include "pipeline/tensor_dump.h"
#include "weights/stored.h"

namespace kinema::pipeline {
namespace {

constexpr const char* kVideo = "latents";
constexpr const char* kAudio = "audio_latents";
constexpr const char* kJob = "job";  // in the file's metadata

constexpr const char* kSteps = "steps_done";

void write(const std::filesystem::path& path,
           const Latents& latents,
           const std::map<std::string, std::string>& metadata) {
  auto tensors = latents.named();
  for (auto& [name, tensor] : tensors) tensor = tensor.to(at::kCPU).contiguous();
  write_tensors(path, tensors, metadata);
}

}  // namespace

std::map<std::string, at::Tensor> Latents::named() const {
  std::map<std::string, at::Tensor> tensors;
  if (video.defined()) tensors[kVideo] = video;
  if (audio.defined()) tensors[kAudio] = audio;
  return tensors;
}

void write_latents(const std::filesystem::path& path,
                   const Latents& latents,
                   const std::string& job) {
  std::map<std::string, std::string> metadata;
  if (!job.empty()) metadata[kJob] = job;
  write(path, latents, metadata);
}

void write_partial(const std::filesystem::path& path, const PartialLatents& partial) {
  write(path, partial.latents, {{kSteps, std::to_string(partial.steps_done)}});
}

Latents read_latents(const std::filesystem::path& path) {
  auto tensors = weights::load_tensors(path);
  if (!tensors.contains(kVideo)) {
    throw Error(ErrorKind::kModel,
                path.string() + " is no latents file: it has no tensor \"" + kVideo + "\"",
                "a file that --save-latents has written");
  }
  // Copies, since the file may be written anew while they are used.
  Latents latents{tensors[kVideo].clone(), {}};
  if (tensors.contains(kAudio)) latents.audio = tensors[kAudio].clone();
  return latents;
}

std::optional<PartialLatents> read_partial(const std::filesystem::path& path) {
  if (!std::filesystem::exists(path)) return std::nullopt;
  const auto metadata = checkpoint::SafetensorsFile(path).metadata();
  const auto steps = metadata.find(kSteps);
  if (steps == metadata.end()) {
    throw Error(ErrorKind::kModel, path.string() + " does not say after which step it was written",
                "remove it");
  }
  return PartialLatents{read_latents(path), std::stoll(steps->second)};
}

}  // namespace kinema::pipeline
