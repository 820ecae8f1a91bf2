// Bytes that a network's weights take on a device, counted from the headers of its files.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "config/request.h"
#include "plan/model_facts.h"
#include "plan/parallel_plan.h"

namespace kinema::plan {

struct Weights {
  uint64_t bytes = 0;
  uint64_t mapped = 0;  // the part that is used where it lies in the files' map
  uint64_t read = 0;    // in the files, as they are stored

  Weights& operator+=(const Weights& other);
  Weights operator/(int64_t parts) const;
};

// How weights are computed with.
struct WeightUse {
  config::Dtype dtype = config::Dtype::kFloat32;
  bool on_cpu = true;
  ParallelPlan parallel = {};
  config::Offload offload = config::Offload::kNone;
  // Of the denoiser's blocks, where they are streamed.
  int64_t resident_blocks = 0, slots = 2;
  uint64_t host_memory = 0;   // free on this machine, bytes; 0 if unknown
  int64_t machine_ranks = 1;  // that share it

  bool streams() const { return parallel.hsdp_shard > 0 || config::in_blocks(offload); }
};

using Needed = std::function<bool(const std::string& name)>;

// Bytes of one element.
uint64_t element_bytes(config::Dtype dtype);

// The needed tensors of a component in the type they are computed in. On the CPU a tensor that is
// stored in that type is used where it lies.
Weights needed_weights(const ComponentFacts& component, const WeightUse& use, const Needed& needed);

// Whether one of the needed tensors is stored in another type than it is computed in, or changed by
// a LoRA file.
bool converts_weights(const ComponentFacts& component, const WeightUse& use, const Needed& needed);

// A network of `count` equal blocks, of which a rank holds what HSDP or offload leave it: parts,
// `resident` whole blocks, and a few at a time.
Weights placed(const Weights& blocks, int64_t count, const WeightUse& use, int64_t resident = 0);

}  // namespace kinema::plan
