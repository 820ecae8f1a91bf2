// The meeting place of a run's processes on one machine.
#include "launch/listening_socket.h"

#include <catch2/catch.hpp>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"

using namespace kinema;

namespace {

constexpr int kNoNamespace = 2;

// In a network of its own, which has no way to anywhere.
int without_loopback() {
  if (::unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) return kNoNamespace;
  try {
    const launch::ListeningSocket socket;
  } catch (const Error& error) {
    return error.kind() == ErrorKind::kComm && error.hint() == "ip link set lo up" ? 0 : 1;
  }
  return 1;
}

}  // namespace

TEST_CASE("the kernel chooses a port") { CHECK(launch::ListeningSocket().port() > 0); }

TEST_CASE("a machine without a way to itself is told of") {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(without_loopback());
  int status = 0;
  ::waitpid(child, &status, 0);
  REQUIRE(WIFEXITED(status));
  if (WEXITSTATUS(status) == kNoNamespace) {
    WARN("skipped: networks cannot be made here");
    return;
  }
  CHECK(WEXITSTATUS(status) == 0);
}
