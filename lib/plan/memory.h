// What each stage of a job needs, from the headers of the files and the shape of the video.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace kinema::plan {

// Bytes on one device of one rank. What `mapped` counts lies in the files' map: the system can drop
// and reread it, and two processes share it.
struct StageEstimate {
  std::string stage;     // "encode_text", "encode_image", "denoise", "decode"
  uint64_t program = 0;  // on the CPU: the process itself with LibTorch, before any work
  uint64_t weights = 0;
  uint64_t mapped = 0;  // the part of `weights` that is used in place, on the CPU
  uint64_t ahead = 0;   // the part of `weights` that a later stage uses (--load-ahead)
  uint64_t activations = 0;
  uint64_t read = 0;  // for this stage, of the checkpoint's files by this rank, once

  uint64_t peak() const { return program + weights + activations; }
};

struct MemoryPlan {
  std::vector<StageEstimate> stages;

  // The stage with the largest peak; there is at least one.
  const StageEstimate& largest() const;
};

// "16.6": gigabytes of 10^9 bytes with one decimal, two or more significant digits where it is
// small.
std::string gigabytes(uint64_t bytes);

}  // namespace kinema::plan
