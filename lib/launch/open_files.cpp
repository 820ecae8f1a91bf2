// The soft limit is only a precaution; the hard one counts.
#include "launch/open_files.h"

#include <algorithm>

#include <sys/resource.h>

#include "base/error.h"
#include "base/format.h"

namespace kinema::launch {
namespace {

// Libraries, weights and outputs; and what one more process adds, in pipes and connections.
constexpr rlim_t kForItself = 48, kForEach = 8;
// Some programs close all that there might be.
constexpr rlim_t kMost = 65536;

}  // namespace

void allow_open_files(int64_t processes) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  const rlim_t needed = kForItself + kForEach * static_cast<rlim_t>(processes);
  if (limit.rlim_max < needed) {
    throw Error(ErrorKind::kConfig,
                fmt::format("this process may open {} files, and a run of {} process{} needs {}",
                            limit.rlim_max, processes, processes == 1 ? "" : "es", needed),
                fmt::format("ulimit -n {}, or a larger limit for this user", needed));
  }
  const rlim_t wanted = std::min(limit.rlim_max, std::max(needed, kMost));
  if (limit.rlim_cur >= wanted) return;
  limit.rlim_cur = wanted;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace kinema::launch
