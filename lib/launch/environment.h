// Which process of a run this is, when torchrun, an MPI or Slurm has started the processes.
#pragma once

#include <functional>
#include <optional>
#include <string>

namespace kinema::launch {

// This process among those of the run, and where they meet.
struct Placement {
  int rank = 0, size = 1;
  int local_rank = 0, local_size = 1;  // among the processes of this machine
  std::string source;              // "torchrun", "Open MPI", "MPICH", "MVAPICH2", "PALS", "Slurm"
  std::string host = "127.0.0.1";  // of the rendezvous store
  int port = 0;                    // 0: the launcher has not said where
  bool store_is_served = false;    // somebody else (torchrun's agent) already serves the store
  int attempt = 0;                 // how often torchrun has started these processes before
};

// A variable's value, or nothing.
using Lookup = std::function<std::optional<std::string>(const std::string&)>;
std::optional<std::string> process_environment(const std::string& name);

// The placement that the environment states, or nothing when no launcher has started this process.
// Precedence: torchrun, Open MPI, MVAPICH2, PALS, MPICH/Hydra, Slurm (a step, not a batch script).
// Throws Error(kConfig): incomplete or contradictory variables, naming them.
std::optional<Placement> placement(const Lookup& lookup);

// Throws Error(kConfig) if several processes were not told where to meet.
void require_meeting_place(const Placement& place);

}  // namespace kinema::launch
