// From files to a device's memory through a ring of host pieces, which several threads fill.
#pragma once

#include <memory>
#include <vector>

#include <ATen/core/Tensor.h>

#include "parallel/stream_unit.h"
#include "weights/upload.h"

namespace kinema::parallel {

struct Staging {
  int64_t piece = 32 << 20;  // bytes, aligned
  size_t pieces = 4;         // as many are read at a time
};

// For one thread at a time.
class StagedReader {
 public:
  explicit StagedReader(std::unique_ptr<weights::UploadQueue> queue, const Staging& staging = {});
  // Waits until the device is done with the ring.
  ~StagedReader();
  StagedReader(const StagedReader&) = delete;
  StagedReader& operator=(const StagedReader&) = delete;

  // As read_flat, into bytes on the device: returns when the files have been read and the last
  // copies are on their way in the current stream.
  uint64_t read(const StreamUnit& unit, int64_t begin, const at::Tensor& into);
  // Of the ring.
  int64_t bytes() const;

 private:
  struct Piece;
  // Has a thread read `bytes` of the unit from `from` on.
  static void fill(Piece& piece, const StreamUnit& unit, int64_t from, int64_t bytes);

  std::unique_ptr<weights::UploadQueue> queue_;
  int64_t piece_;
  std::vector<std::unique_ptr<Piece>> ring_;
};

}  // namespace kinema::parallel
