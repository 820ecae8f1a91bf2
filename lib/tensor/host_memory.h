// How this process's memory for tensors on the CPU is kept.
#pragma once

namespace kinema::tensor {

// Has the C library give every freed block of a tensor's size back to the system at once, so that
// what is resident is what is in use, which plans can tell: by default up to 32 MB stay in the heap
// a block, between others that keep it from shrinking. Costs a few page faults. Call it before any
// work.
void return_freed_memory();

}  // namespace kinema::tensor
