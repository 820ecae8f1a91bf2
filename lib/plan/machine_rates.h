// How fast a device computes and how fast devices talk: stated defaults by which times are
// predicted, never measured by the planner.
#pragma once

#include <cstdint>
#include <string>

#include "config/request.h"

namespace kinema::plan {

// A way that bytes take.
struct Link {
  double bytes_per_second = 0;  // reached in one direction, not the data sheet's peak
  double latency = 0;           // seconds of a message
};

// Links that machines have between their GPUs, or each other.
enum class LinkKind { kNvlink, kPcie, kNetwork, kLoopback };
Link link_of(LinkKind kind);
// "NVLink", "PCIe", "network", "loopback".
const char* link_name(LinkKind kind);

// A device and what surrounds it.
struct MachineRates {
  std::string name;                    // "NVIDIA H200", "CPU, 2 threads"
  double matrix = 0;                   // FLOP/s that large matrix products reach
  double attention = 0;                // FLOP/s that attention reaches
  double memory_bytes_per_second = 0;  // of the device's own memory
  double block_floor = 0;  // seconds of a block that has next to nothing to compute: its launches
  uint64_t memory = 0;     // bytes of a device; 0: not known from its name
  LinkKind near = LinkKind::kNvlink;  // between devices of one machine
  LinkKind far = LinkKind::kNetwork;  // between machines
  double host_bytes_per_second = 0;   // from (pinned) host memory to the device
  double cache_bytes_per_second = 0;  // from files in the system's cache to the device
  double disk_bytes_per_second = 0;   // from files that are in no cache
  int64_t ranks_per_machine = 0;      // 0: all ranks are on one machine

  // How many of `ranks` share a machine, and its memory.
  int64_t together(int64_t ranks) const;
  // Between `ranks` consecutive ranks.
  Link between(int64_t ranks) const;
};

// A GPU by the name its driver gives. A name that is not in the table is taken for a small card on
// PCIe, so that nothing is promised that may not be kept.
MachineRates gpu_rates(const std::string& name);
// Bytes of it that a plan may fill; the rest is for what no estimate knows. 0: not known.
uint64_t usable_memory(const MachineRates& rates);
// `threads` of this machine's CPU.
MachineRates cpu_rates(int64_t threads);

}  // namespace kinema::plan
