// Which files a request writes: one set for each of its seeds.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "config/request.h"

namespace kinema::config {

// Of one output; what is not asked for is empty.
struct OutputFiles {
  uint64_t seed = 0;
  std::optional<std::filesystem::path> video, frames_dir, wav, latents, tensors, metrics, trace;

  // Each of them with the flag that asks for it.
  std::vector<std::pair<std::string, std::filesystem::path>> all() const;
};

// Of a request whose seed is set. In its paths "{seed}" stands for the output's seed and "{output}"
// for the video's path (or the frames' folder) without extension.
std::vector<OutputFiles> output_files(const Request& request);

// The requests for the outputs one by one: each with one seed and the paths of its own files.
std::vector<Request> single_requests(const Request& request);

// `path` with "-{seed}" before its extension, unless it has "{seed}" already.
std::filesystem::path with_seed(const std::filesystem::path& path);

}  // namespace kinema::config
