// What one process keeps of every streamed block.
#pragma once

#include <cstdint>
#include <memory>

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

// A thread reads (and converts) the parts in the order of the units, from the beginning on, so that
// the first can be used while the last are still in the files.
class KeptParts {
 public:
  // Into one piece of the memory of `device`, where it is used.
  static KeptParts on_device(const StreamUnits& units, PartOf part, at::Device device);
  // Into host memory, from where `device` takes it: in pages of pinned memory for a GPU.
  static KeptParts in_host_memory(const StreamUnits& units,
                                  PartOf part,
                                  at::Device device,
                                  int64_t page = kHostPage);
  KeptParts(KeptParts&&) noexcept;
  // Reading stops at the end of a part.
  ~KeptParts();

  bool is_there(size_t index) const;
  // Returns when the part of unit `index` is there; throws what reading has thrown.
  void await(size_t index) const;
  // Of a unit whose part is there: the part; undefined if it has several pieces.
  at::Tensor whole(size_t index) const;
  // Of a unit whose part is there: has the current stream copy it into so many bytes of the device.
  void copy(size_t index, const at::Tensor& into) const;

  // All parts, one after the other, if they are in one piece; and where that of unit `index`
  // begins.
  const at::Tensor& all() const;
  int64_t offset(size_t index) const;
  // Of all parts when they are there, and what has been read of the files for them by now.
  int64_t bytes() const;
  uint64_t bytes_read() const;

 private:
  struct State;
  explicit KeptParts(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace kinema::parallel
