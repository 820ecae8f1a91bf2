// Measured figures, and sums over headers.
#include "plan/memory_parts.h"

namespace kinema::plan {
namespace {

// Measured: resident set of a process that has loaded LibTorch and done its first small operations.
constexpr uint64_t kProgram = 160'000'000;
// What the video encoder holds, bytes a pixel of a frame: measured with x264's default look-ahead.
constexpr uint64_t kEncoderBytes = 150;

}  // namespace

uint64_t program_bytes(const MemoryInput& input) { return input.use.on_cpu ? kProgram : 0; }

Weights convolution_weights(const ModelFacts& facts,
                            const MemoryInput& input,
                            const std::string& component,
                            const std::string& prefix) {
  const auto& files = facts.component(component);
  auto total = needed_weights(files, input.use,
                              [&](const std::string& name) { return name.starts_with(prefix); });
  const auto packed = needed_weights(files, input.use, [&](const std::string& name) {
    return name.starts_with(prefix) && name.ends_with(".conv.weight");
  });
  total.mapped -= packed.mapped;
  return total;
}

uint64_t encoder_bytes(const VideoShape& video) {
  return kEncoderBytes * static_cast<uint64_t>(video.height * video.width);
}

}  // namespace kinema::plan
