// Names as --save-tensors and the reference use them.
#include "pipeline/latents.h"

#include "base/error.h"
#include "pipeline/tensor_dump.h"
#include "weights/stored.h"

namespace kinema::pipeline {
namespace {

constexpr const char* kVideo = "latents";
constexpr const char* kAudio = "audio_latents";
constexpr const char* kJob = "job";  // in the file's metadata

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
  auto tensors = latents.named();
  for (auto& [name, tensor] : tensors) tensor = tensor.to(at::kCPU).contiguous();
  write_tensors(path, tensors, metadata);
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

}  // namespace kinema::pipeline
