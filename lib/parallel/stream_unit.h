// A repeated block whose parameters come and go: its layout, its place in the checkpoint, and the
// tensors that the model holds.
#pragma once

#include <memory>
#include <vector>

#include <ATen/core/Tensor.h>

#include "parallel/stream_layout.h"
#include "weights/stored_part.h"
#include "weights/upload_ring.h"

namespace kinema::parallel {

// All three lists are by parameter.
struct StreamUnit {
  int64_t block = 0;  // nn::BlockWeights' index
  FlatBlock layout;
  std::vector<weights::StoredStack> parts;
  std::vector<at::Tensor> handles;
};

using StreamUnits = std::shared_ptr<const std::vector<StreamUnit>>;

// A parameter that points nowhere: reading its memory throws. Layers keep it and see whatever it
// points at later, because copies of a tensor share what it points at.
at::Tensor unbound_parameter(const std::vector<int64_t>& sizes, at::TensorOptions options);

// Points the unit's parameters into `slot` (bytes, contiguous, aligned); allocates nothing.
void bind(const StreamUnit& unit, const at::Tensor& slot);
// Lets them point nowhere again.
void unbind(const StreamUnit& unit);

// Bytes on the CPU or on `device`, the first of them aligned; what they hold is undefined.
at::Tensor flat_buffer(int64_t bytes, at::Device device);

// Reads bytes of the unit's flat buffer, from `begin` (aligned) on, from the checkpoint, in the
// parameters' types, into `into` (bytes on the CPU, aligned); padding becomes zero. Returns how
// many bytes of the files that were.
uint64_t read_flat(const StreamUnit& unit, int64_t begin, const at::Tensor& into);
// The same into bytes on a device, through a ring whose buffers keep the alignment.
uint64_t read_flat(weights::UploadRing& ring,
                   const StreamUnit& unit,
                   int64_t begin,
                   const at::Tensor& into);

}  // namespace kinema::parallel
