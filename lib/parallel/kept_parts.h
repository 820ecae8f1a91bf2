// What one process keeps of every streamed block.
#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

#include "parallel/host_pages.h"
#include "parallel/stream_unit.h"

namespace kinema::parallel {

// Part `index` of `parts` equal ones of each block.
struct PartOf {
  int64_t index = 0, parts = 1;
};

// The most bytes that a block has when it has been put together from `parts` equal ones.
int64_t longest_block(const StreamUnits& units, int64_t parts);

class KeptParts {
 public:
  // Reads (and converts) everything, into one piece of the memory of `device`, where it is used.
  static KeptParts on_device(const StreamUnits& units, PartOf part, at::Device device);
  // Into host memory, from where `device` takes it: in pages of pinned memory for a GPU.
  static KeptParts in_host_memory(const StreamUnits& units,
                                  PartOf part,
                                  at::Device device,
                                  int64_t page = kHostPage);

  // The part of unit `index`; undefined if it has several pieces.
  at::Tensor whole(size_t index) const;
  // Has the current stream copy the part of unit `index` into so many bytes of the device.
  void copy(size_t index, const at::Tensor& into) const;

  // All parts, one after the other, if they are in one piece; and where that of unit `index`
  // begins.
  const at::Tensor& all() const { return all_; }
  int64_t offset(size_t index) const { return offsets_[index]; }
  // Of all parts, and what was read of the files for them.
  int64_t bytes() const { return bytes_; }
  uint64_t bytes_read() const { return read_; }

 private:
  // Nothing is read yet.
  KeptParts(const StreamUnits& units, PartOf part);

  std::vector<std::vector<at::Tensor>> units_;  // pieces of each, in order
  std::vector<int64_t> offsets_;
  at::Tensor all_;
  int64_t bytes_ = 0;
  uint64_t read_ = 0;
};

}  // namespace kinema::parallel
