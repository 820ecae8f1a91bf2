// The GNU C library's own knobs; other libraries have none and need none.
#include "tensor/host_memory.h"

#include <malloc.h>

namespace kinema::tensor {

void return_freed_memory() {
#ifdef __GLIBC__
  constexpr int kLargeBlock = 1 << 20;  // bytes
  ::mallopt(M_MMAP_THRESHOLD, kLargeBlock);
  // What setting the first turns off: not every small block at the heap's end is given back at
  // once.
  ::mallopt(M_TRIM_THRESHOLD, 2 * kLargeBlock);
#endif
}

}  // namespace kinema::tensor
