// Where streamed blocks live while they are not used.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include <ATen/core/Tensor.h>

#include "comm/communicator.h"
#include "comm/peer_memory.h"
#include "parallel/host_pages.h"
#include "parallel/stream_unit.h"

namespace kinema::parallel {

class BlockHome {
 public:
  virtual ~BlockHome() = default;
  // Before the first fetch, by the thread that computes; all ranks of a group call it together.
  virtual void open() {}
  // Whether unit `index` is where fetch() takes it from: await() would not keep the host. Of ranks
  // that wait for each other there, only by what they have awaited.
  virtual bool is_there(size_t) const { return true; }
  // Before the unit's first fetch: returns when it is there; on a GPU the current stream may be
  // used, and waited for. Throws what reading has thrown.
  virtual void await(size_t) {}
  // Fills `slot` with unit `index`, which is there; on a GPU in the current stream. Called by one
  // thread at a time, as await() is, the first time in the units' order.
  virtual void fetch(size_t index, at::Tensor& slot) = 0;
  // Whether fetch() works or waits on the host: computing goes on only if another thread calls it.
  // Otherwise it returns at once and the device does the work.
  virtual bool keeps_host() const = 0;
  // How many bytes a slot must have.
  virtual int64_t slot_bytes() const = 0;
  // Bytes kept here between fetches, and bytes of the files read so far, each once.
  virtual int64_t resident_bytes() const = 0;
  virtual uint64_t bytes_read() const = 0;
  // Bytes sent to ranks that fetched the same.
  virtual uint64_t bytes_sent() const { return 0; }
  // "shards of 2 ranks": for logs and reports.
  virtual std::string text() const = 0;
};

// How a shard group keeps and gathers its parts.
struct Sharding {
  enum class Memory { kDevice, kHost };
  at::Device device = at::kCPU;  // of the slots
  Memory memory = Memory::kDevice;
  int64_t page = kHostPage;  // of host memory
  // By which ranks of one machine read parts on the device straight from each other, if it works on
  // all of them; they say so (note) where it does not.
  std::shared_ptr<comm::PeerMemory> peers = {};
};

// The homes below begin to read what they keep at once, on a thread, in the units' order; what
// reading throws comes out of the fetch of the unit.

// Each rank of `group` reads and keeps one part of each block; a fetch is an all-gather, of parts
// in host memory after each rank has copied its own up, or (with `peers`) one copy from each rank,
// for which nobody waits: weights do not change. The group is used for nothing else and its ranks
// fetch the same units in the same order.
std::unique_ptr<BlockHome> shard_home(StreamUnits units,
                                      std::shared_ptr<comm::Communicator> group,
                                      const Sharding& sharding = {});
// Whole blocks in host memory, read (and converted) once; pinned for a GPU. `device` is where the
// slots are, here and below.
std::unique_ptr<BlockHome> host_home(StreamUnits units,
                                     at::Device device = at::kCPU,
                                     int64_t page = kHostPage);
// Nothing is kept: each fetch reads the files' map. For models larger than the memory. On a GPU a
// block passes through a ring of pinned pieces.
std::unique_ptr<BlockHome> file_home(StreamUnits units, at::Device device = at::kCPU);

}  // namespace kinema::parallel
