// Limits of open files, each in a process of its own.
#include "launch/open_files.h"

#include <functional>

#include <catch2/catch.hpp>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"

using namespace kinema;

namespace {

// What `action` returns in a process with these limits.
int with_limits(rlim_t soft, rlim_t hard, const std::function<int()>& action) {
  const pid_t child = ::fork();
  if (child == 0) {
    const rlimit limit{soft, hard};
    ::_exit(::setrlimit(RLIMIT_NOFILE, &limit) == 0 ? action() : 99);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WEXITSTATUS(status);
}

int limit_for(int64_t processes) {
  try {
    launch::allow_open_files(processes);
  } catch (const Error& error) {
    const std::string what = error.what();
    return what == "this process may open 100 files, and a run of 8 processes needs 112" ? 1 : 2;
  }
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  return static_cast<int>(limit.rlim_cur);
}

}  // namespace

TEST_CASE("a soft limit is raised as far as it may be, a hard one that is too low is told of") {
  CHECK(with_limits(20, 100, [] { return limit_for(4); }) == 100);
  CHECK(with_limits(100, 100, [] { return limit_for(4); }) == 100);
  CHECK(with_limits(20, 100, [] { return limit_for(8); }) == 1);
}
