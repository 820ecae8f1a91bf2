// Each formula beside its reason.
#include "plan/residency.h"

#include <algorithm>
#include <cmath>

namespace kinema::plan {
namespace {

// Of one block, what stays on the device while it is streamed.
uint64_t part_bytes(const StreamShape& shape) {
  if (!shape.parts_on_device) return 0;
  const auto ranks = static_cast<uint64_t>(shape.ranks);
  return (shape.block_bytes + ranks - 1) / ranks;
}

}  // namespace

uint64_t stream_bytes(const StreamShape& shape, int64_t resident) {
  const int64_t streamed = shape.blocks - resident;
  // Without streamed blocks there is nothing to have slots for.
  const int64_t whole = resident + (streamed > 0 ? std::min(shape.slots, streamed) : 0);
  return static_cast<uint64_t>(whole) * shape.block_bytes +
         static_cast<uint64_t>(streamed) * part_bytes(shape);
}

int64_t affordable_blocks(const StreamShape& shape, uint64_t budget) {
  int64_t resident = shape.blocks;
  while (resident > 0 && stream_bytes(shape, resident) > budget) --resident;
  return resident;
}

std::vector<int64_t> resident_blocks(int64_t blocks, int64_t resident) {
  std::vector<int64_t> indices;
  // Block i stays where the running share of resident blocks passes a whole number.
  for (int64_t i = 0; i < blocks; ++i) {
    if ((i + 1) * resident / blocks > i * resident / blocks) indices.push_back(i);
  }
  return indices;
}

double exposed_seconds(const StreamShape& shape, int64_t resident, const StreamTimes& times) {
  const auto streamed = static_cast<double>(shape.blocks - resident);
  // A single slot cannot be filled while it is used: only blocks that stay hide what comes.
  const bool single = std::min(shape.slots, shape.blocks - resident) < 2;
  const double computing = static_cast<double>(single ? resident : shape.blocks) * times.compute;
  return std::max(0.0, streamed * times.fetch - computing);
}

int64_t blocks_to_hide_all(const StreamShape& shape, const StreamTimes& times) {
  if (times.fetch <= times.compute) return 0;
  return static_cast<int64_t>(
      std::ceil(static_cast<double>(shape.blocks) * (1 - times.compute / times.fetch)));
}

OffloadHome offload_home(const OffloadCase& where) {
  if (where.from_disk) return OffloadHome::kFiles;
  const bool fits = where.free == 0 ||
                    where.bytes + where.reserved <= where.free / static_cast<uint64_t>(where.ranks);
  const bool saves = !where.on_cpu || where.converts;
  return fits && saves ? OffloadHome::kHostMemory : OffloadHome::kFiles;
}

}  // namespace kinema::plan
