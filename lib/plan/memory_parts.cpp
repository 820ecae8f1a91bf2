// Measured figures, and sums over headers.
#include "plan/memory_parts.h"

#include <utility>

namespace kinema::plan {
namespace {

// Measured: resident set of a process that has loaded LibTorch and done its first small operations;
// that has run blocks of attention; that has run convolutions, with the code oneDNN makes for them.
constexpr uint64_t kProgram = 160'000'000, kWithBlocks = 170'000'000,
                   kWithConvolutions = 180'000'000;
// And what oneDNN keeps beside that of what it has computed in bfloat16.
constexpr uint64_t kBfloat16 = 10'000'000, kBfloat16Blocks = 30'000'000,
                   kBfloat16Convolutions = 15'000'000;
// What the video encoder holds, bytes a pixel of a frame: measured with x264's default look-ahead.
constexpr uint64_t kEncoderBytes = 150;

uint64_t program_bytes(Work work, config::Dtype dtype) {
  const bool half = dtype == config::Dtype::kBfloat16;
  switch (work) {
    case Work::kText:
      return kProgram + (half ? kBfloat16 : 0);
    case Work::kBlocks:
      return kWithBlocks + (half ? kBfloat16Blocks : 0);
    case Work::kConvolutions:
      return kWithConvolutions + (half ? kBfloat16Convolutions : 0);
  }
  return 0;
}

}  // namespace

StageEstimate stage_of(const MemoryInput& input,
                       std::string stage,
                       Work work,
                       const Weights& weights,
                       uint64_t activations) {
  const uint64_t program = input.use.on_cpu ? program_bytes(work, input.use.dtype) : 0;
  return {.stage = std::move(stage),
          .program = program,
          .weights = weights.bytes,
          .mapped = weights.mapped,
          .activations = activations,
          .read = weights.read};
}

void hold_ahead(MemoryPlan& plan,
                const std::string& first,
                const std::string& last,
                const Weights& next) {
  const uint64_t bytes = next.bytes - next.mapped;
  bool held = false;
  for (auto& stage : plan.stages) {
    held = (held || stage.stage == first) && stage.stage != last;
    if (!held) continue;
    stage.weights += bytes;
    stage.ahead += bytes;
  }
}

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

uint64_t kept_streams(const MemoryInput& input, uint64_t branches) {
  return input.kernels == config::Kernels::kFused ? 2 * branches : branches;
}

uint64_t encoder_bytes(const VideoShape& video) {
  return kEncoderBytes * static_cast<uint64_t>(video.height * video.width);
}

}  // namespace kinema::plan
