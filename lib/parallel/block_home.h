// Where streamed blocks live while they are not used.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include <ATen/core/Tensor.h>

#include "comm/communicator.h"
#include "parallel/stream_unit.h"

namespace kinema::parallel {

class BlockHome {
 public:
  virtual ~BlockHome() = default;
  // Fills `slot` with unit `index`; returns when it is there (on a GPU: when that is certain to
  // happen before what is given to the GPU next). Called by one thread at a time.
  virtual void fetch(size_t index, at::Tensor& slot) = 0;
  // How many bytes a slot must have.
  virtual int64_t slot_bytes() const = 0;
  // Bytes kept here between fetches, and bytes of the files read so far.
  virtual int64_t resident_bytes() const = 0;
  virtual uint64_t bytes_read() const = 0;
  // Bytes sent to ranks that fetched the same.
  virtual uint64_t bytes_sent() const { return 0; }
  // "shards of 2 ranks": for logs and reports.
  virtual std::string text() const = 0;
};

// Each rank of `group` reads and keeps one part of each block; a fetch is an all-gather. The group
// is used for nothing else and its ranks fetch the same units in the same order.
std::unique_ptr<BlockHome> shard_home(StreamUnits units, std::shared_ptr<comm::Communicator> group);
// Whole blocks in host memory, read (and converted) once.
std::unique_ptr<BlockHome> host_home(StreamUnits units);
// Nothing is kept: each fetch reads the files' map. For models larger than the memory.
// `device` is where the slots are; on a GPU a block passes through host memory.
std::unique_ptr<BlockHome> file_home(StreamUnits units, at::Device device);

}  // namespace kinema::parallel
