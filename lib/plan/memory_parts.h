// Parts of estimates that every family of models has.
#pragma once

#include <cstdint>
#include <string>

#include "plan/memory_input.h"
#include "plan/model_facts.h"

namespace kinema::plan {

// The process itself, on the CPU.
uint64_t program_bytes(const MemoryInput& input);

// The tensors of a convolutional component whose names begin with `prefix`. On the CPU convolutions
// keep their weights in an order of their own and let the files' pages go.
Weights convolution_weights(const ModelFacts& facts,
                            const MemoryInput& input,
                            const std::string& component,
                            const std::string& prefix);

// What the video encoder holds for frames of this size.
uint64_t encoder_bytes(const VideoShape& video);

}  // namespace kinema::plan
