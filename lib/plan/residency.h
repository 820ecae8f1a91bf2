// Which blocks of a network stay on a device and which come and go: arithmetic alone.
#pragma once

#include <cstdint>
#include <vector>

namespace kinema::plan {

// A network's repeated blocks, all of one size, kept in `ranks` equal parts (1: elsewhere) and
// brought into `slots`.
struct StreamShape {
  int64_t blocks = 0;
  uint64_t block_bytes = 0;
  int64_t ranks = 1;
  int64_t slots = 2;
  // Whether the parts count towards the device's memory (HSDP) or lie elsewhere (offload).
  bool parts_on_device = true;
};

// Bytes on the device when `resident` blocks stay whole and the others come and go.
uint64_t stream_bytes(const StreamShape& shape, int64_t resident);

// The most blocks that can stay within `budget` bytes; nothing is negative: 0 also where even
// stream_bytes(shape, 0) is more.
int64_t affordable_blocks(const StreamShape& shape, uint64_t budget);

// `resident` of `blocks` indices, spread evenly, so that a streamed block hides behind the
// computing of as many blocks as possible.
std::vector<int64_t> resident_blocks(int64_t blocks, int64_t resident);

// What one pass costs: seconds to compute a block and to fetch one.
struct StreamTimes {
  double compute = 0, fetch = 0;
};

// Seconds of a pass in which computing waits although fetches run all the time.
double exposed_seconds(const StreamShape& shape, int64_t resident, const StreamTimes& times);

// The fewest blocks that must stay so that nothing waits.
int64_t blocks_to_hide_all(const StreamShape& shape, const StreamTimes& times);

// Where --offload block and disk keep blocks.
enum class OffloadHome { kHostMemory, kFiles };

struct OffloadCase {
  uint64_t bytes = 0;      // of all blocks, in the type they are computed in
  uint64_t reserved = 0;   // bytes that another network's blocks are to have
  uint64_t free = 0;       // bytes of host memory that may be used; 0 if unknown
  int64_t ranks = 1;       // of one machine, that may take as much from it, each its own
  bool on_cpu = true;      // computed on the CPU
  bool converts = false;   // stored in another type
  bool from_disk = false;  // --offload disk
};

// Host memory where it saves something and fits: on the CPU the files' pages are host memory
// already, unless each use would have to convert them again.
OffloadHome offload_home(const OffloadCase& where);

}  // namespace kinema::plan
