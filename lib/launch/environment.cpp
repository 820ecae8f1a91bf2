// One row per launcher, read in order of precedence and compared with each other.
#include "launch/environment.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <limits>
#include <vector>

#include "base/error.h"

namespace kinema::launch {
namespace {

struct Convention {
  const char *source, *rank, *size, *local_rank, *local_size;
  const char*
      marker;  // must be there too: a variable that only this launcher sets for started processes
};

constexpr std::array kConventions = {
    Convention{"torchrun", "RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE", "LOCAL_RANK"},
    Convention{"Open MPI", "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE",
               "OMPI_COMM_WORLD_LOCAL_RANK", "OMPI_COMM_WORLD_LOCAL_SIZE", "OMPI_COMM_WORLD_RANK"},
    Convention{"MVAPICH2", "MV2_COMM_WORLD_RANK", "MV2_COMM_WORLD_SIZE",
               "MV2_COMM_WORLD_LOCAL_RANK", "MV2_COMM_WORLD_LOCAL_SIZE", "MV2_COMM_WORLD_RANK"},
    Convention{"PALS", "PALS_RANKID", "PMI_SIZE", "PALS_LOCAL_RANKID", nullptr, "PALS_RANKID"},
    Convention{"MPICH", "PMI_RANK", "PMI_SIZE", "MPI_LOCALRANKID", "MPI_LOCALNRANKS", "PMI_RANK"},
    // A batch script's own environment has SLURM_PROCID=0 as well; only srun sets the step's task
    // count.
    Convention{"Slurm", "SLURM_PROCID", "SLURM_STEP_NUM_TASKS", "SLURM_LOCALID", nullptr,
               "SLURM_STEP_NUM_TASKS"},
};

// All of `text` as a number from 0 to `most`; -1 if it is none.
int whole_number(const std::string& text, int most) {
  int value = -1;
  const auto* end = text.data() + text.size();
  const auto [last, error] = std::from_chars(text.data(), end, value);
  return error == std::errc() && last == end && value <= most ? std::max(-1, value) : -1;
}

int number(const Lookup& lookup, const Convention& convention, const char* name) {
  auto text = lookup(name);
  if (!text) {
    throw Error(ErrorKind::kConfig, std::string(convention.source) + " has set " +
                                        convention.marker + " but not " + name);
  }
  const int value = whole_number(*text, std::numeric_limits<int>::max());
  if (value < 0) {
    throw Error(ErrorKind::kConfig,
                std::string(name) + "=" + *text + " is not a number of a process");
  }
  return value;
}

// "4(x2),3" -> tasks on each node, in order.
std::vector<int> tasks_per_node(const std::string& text) {
  std::vector<int> counts;
  for (size_t at = 0; at < text.size();) {
    char* end = nullptr;
    long tasks = std::strtol(text.c_str() + at, &end, 10);
    long repeat = 1;
    if (end[0] == '(' && end[1] == 'x') repeat = std::strtol(end + 2, &end, 10), ++end;
    counts.insert(counts.end(), static_cast<size_t>(repeat), static_cast<int>(tasks));
    at = static_cast<size_t>(end - text.c_str()) + 1;
  }
  return counts;
}

// The first host of "node[03-05,9],other", which is where rank 0 runs.
std::string first_host(const std::string& list) {
  auto bracket = list.find('[');
  auto comma = list.find(',');
  if (bracket == std::string::npos || comma < bracket) return list.substr(0, comma);
  auto end = list.find_first_of("-,]", bracket);
  return list.substr(0, bracket) + list.substr(bracket + 1, end - bracket - 1);
}

int slurm_local_size(const Lookup& lookup) {
  auto counts = tasks_per_node(lookup("SLURM_STEP_TASKS_PER_NODE").value_or("1"));
  auto node = std::strtoul(lookup("SLURM_NODEID").value_or("0").c_str(), nullptr, 10);
  return node < counts.size() ? counts[node] : 1;
}

// A port that every process of a Slurm step computes alike and that two steps on a node rarely
// share.
int slurm_port(const Lookup& lookup) {
  auto job = std::strtoul(lookup("SLURM_JOB_ID").value_or("0").c_str(), nullptr, 10);
  auto step = std::strtoul(lookup("SLURM_STEP_ID").value_or("0").c_str(), nullptr, 10);
  return static_cast<int>(20000 + (job * 131 + step * 17) % 20000);
}

int port_number(const std::string& text) {
  const int port = whole_number(text, 65535);
  if (port > 0) return port;
  throw Error(ErrorKind::kConfig, "MASTER_PORT=" + text + " is not a port",
              "export MASTER_PORT (a free port, 1 to 65535) to all processes");
}

int attempt_number(const std::string& text) {
  const int attempt = whole_number(text, std::numeric_limits<int>::max());
  if (attempt >= 0) return attempt;
  throw Error(ErrorKind::kConfig, "TORCHELASTIC_RESTART_COUNT=" + text + " is not a count");
}

void set_rendezvous(Placement& place, const Lookup& lookup) {
  auto address = lookup("MASTER_ADDR");
  auto port = lookup("MASTER_PORT");
  if (address) place.host = *address;
  if (port) place.port = port_number(*port);
  if (place.source == "Slurm") {
    if (!address) place.host = first_host(lookup("SLURM_STEP_NODELIST").value_or("127.0.0.1"));
    if (!port) place.port = slurm_port(lookup);
  }
  place.store_is_served = lookup("TORCHELASTIC_USE_AGENT_STORE").value_or("") == "True";
  place.attempt = attempt_number(lookup("TORCHELASTIC_RESTART_COUNT").value_or("0"));
}

}  // namespace

void require_meeting_place(const Placement& place) {
  if (place.port != 0 || place.size == 1) return;
  throw Error(ErrorKind::kConfig,
              place.source + " says nothing about where the processes meet: MASTER_PORT is not set",
              "export MASTER_ADDR (host of rank 0) and MASTER_PORT (a free port) to all processes");
}

std::optional<std::string> process_environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  if (value == nullptr) return std::nullopt;
  return std::string(value);
}

std::optional<Placement> placement(const Lookup& lookup) {
  std::optional<Placement> chosen;
  const Convention* by = nullptr;
  for (const auto& convention : kConventions) {
    if (!lookup(convention.marker) || !lookup(convention.rank)) continue;
    const int rank = number(lookup, convention, convention.rank);
    const int size = number(lookup, convention, convention.size);
    if (by != nullptr) {
      // torchrun under srun: the inner launcher's ranks may differ from the outer's only if the
      // outer started one task.
      if (size > 1 && (rank != chosen->rank || size != chosen->size)) {
        throw Error(ErrorKind::kConfig,
                    std::string(by->rank) + "=" + std::to_string(chosen->rank) + " of " +
                        std::to_string(chosen->size) + " (" + by->source + ") contradicts " +
                        convention.rank + "=" + std::to_string(rank) + " of " +
                        std::to_string(size) + " (" + convention.source + ")",
                    "unset the variables of the launcher that did not start this process");
      }
      continue;
    }
    by = &convention;
    chosen = Placement{rank, size, number(lookup, convention, convention.local_rank), 1,
                       convention.source};
    if (convention.local_size != nullptr) {
      chosen->local_size = number(lookup, convention, convention.local_size);
    } else if (chosen->source == "Slurm") {
      chosen->local_size = slurm_local_size(lookup);
    } else {
      chosen->local_size = chosen->size;
    }
    if (rank >= size) {
      throw Error(ErrorKind::kConfig, std::string(convention.rank) + "=" + std::to_string(rank) +
                                          " is not below " + convention.size + "=" +
                                          std::to_string(size));
    }
  }
  if (chosen) set_rendezvous(*chosen, lookup);
  return chosen;
}

}  // namespace kinema::launch
