// Placeholders in paths, replaced once and nowhere else.
#include "config/outputs.h"

namespace kinema::config {
namespace {

namespace fs = std::filesystem;

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size())) {
    text.replace(at, what.size(), by);
  }
  return text;
}

class Namer {
 public:
  Namer(const Request& request, uint64_t seed) : seed_(std::to_string(seed)) {
    const auto& base = request.output ? request.output : request.frames_dir;
    if (base)
      base_ = fs::path(replaced(base->string(), "{seed}", seed_)).replace_extension().string();
  }
  std::optional<fs::path> operator()(const std::optional<fs::path>& path) const {
    if (!path) return std::nullopt;
    return fs::path(replaced(replaced(path->string(), "{output}", base_), "{seed}", seed_));
  }

 private:
  std::string seed_, base_;
};

}  // namespace

std::vector<std::pair<std::string, fs::path>> OutputFiles::all() const {
  std::vector<std::pair<std::string, fs::path>> files;
  auto add = [&files](const char* flag, const std::optional<fs::path>& path) {
    if (path) files.emplace_back(flag, *path);
  };
  add("--output", video);
  add("--frames-dir", frames_dir);
  add("--wav", wav);
  add("--save-latents", latents);
  add("--save-tensors", tensors);
  add("--metrics", metrics);
  add("--trace", trace);
  return files;
}

std::vector<OutputFiles> output_files(const Request& request) {
  std::vector<OutputFiles> outputs;
  for (int64_t i = 0; i < request.num_outputs_per_prompt; ++i) {
    const uint64_t seed = request.seed.value() + static_cast<uint64_t>(i);
    const Namer named(request, seed);
    outputs.push_back({seed, named(request.output), named(request.frames_dir), named(request.wav),
                       named(request.save_latents), named(request.save_tensors),
                       named(request.metrics), named(request.trace)});
  }
  return outputs;
}

std::vector<Request> single_requests(const Request& request) {
  std::vector<Request> singles;
  for (const auto& files : output_files(request)) {
    Request single = request;
    single.seed = files.seed;
    single.num_outputs_per_prompt = 1;
    single.output = files.video;
    single.frames_dir = files.frames_dir;
    single.wav = files.wav;
    single.save_latents = files.latents;
    single.save_tensors = files.tensors;
    single.metrics = files.metrics;
    single.trace = files.trace;
    singles.push_back(std::move(single));
  }
  return singles;
}

fs::path with_seed(const fs::path& path) {
  if (path.string().find("{seed}") != std::string::npos) return path;
  auto named = path;
  named.replace_filename(path.stem().string() + "-{seed}" + path.extension().string());
  return named;
}

}  // namespace kinema::config
