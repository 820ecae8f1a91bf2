// Parts of estimates that every family of models has.
#pragma once

#include <cstdint>
#include <string>

#include "plan/memory.h"
#include "plan/memory_input.h"
#include "plan/model_facts.h"

namespace kinema::plan {

// What a stage mostly does: later ones need more of LibTorch in memory.
enum class Work { kText, kBlocks, kConvolutions };

// With the process itself on the CPU. `activations`: bytes.
StageEstimate stage_of(const MemoryInput& input,
                       std::string stage,
                       Work work,
                       const Weights& weights,
                       uint64_t activations);

// Has the stages from `first` to the one before `last` hold `next` too, which is loaded while they
// work. What lies in the files' map takes nothing before it is used.
void hold_ahead(MemoryPlan& plan,
                const std::string& first,
                const std::string& last,
                const Weights& next);

// The tensors of a convolutional component whose names begin with `prefix`. On the CPU convolutions
// keep their weights in an order of their own and let the files' pages go.
Weights convolution_weights(const ModelFacts& facts,
                            const MemoryInput& input,
                            const std::string& component,
                            const std::string& prefix);

// Streams of tokens that the branches of guidance keep from block to block. Fused kernels leave
// the last sum of each to whoever reads its norm next, so that both terms stay.
uint64_t kept_streams(const MemoryInput& input, uint64_t branches);

// What the video encoder holds for frames of this size.
uint64_t encoder_bytes(const VideoShape& video);

}  // namespace kinema::plan
