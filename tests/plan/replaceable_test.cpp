// Files that renaming cannot replace, each in a process that may make one.
#include "plan/replaceable.h"

#include <fstream>
#include <functional>

#include <catch2/catch.hpp>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/temp_folder.h"

using namespace kinema;

namespace {

constexpr int kNotAllowed = 2;

// 0 if `action` holds in another process; kNotAllowed says that it could not be tried.
int elsewhere(const std::function<int()>& action) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(action());
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

void check(int outcome) {
  if (outcome == kNotAllowed) {
    WARN("skipped: this user may not make such a file");
  } else {
    CHECK(outcome == 0);
  }
}

}  // namespace

TEST_CASE("a file of one's own can be replaced") {
  const test::TempFolder folder;
  std::ofstream(folder / "a.mp4") << "old";
  CHECK(plan::irreplaceable(folder / "a.mp4").empty());
  std::filesystem::create_symlink("nowhere", folder / "link.mp4");
  CHECK(plan::irreplaceable(folder / "link.mp4").empty());
  CHECK(plan::irreplaceable("no such.mp4").empty());
}

TEST_CASE("a mounted file cannot") {
  const test::TempFolder folder;
  const auto file = (folder / "a.mp4").string();
  std::ofstream(file) << "old";
  check(elsewhere([&] {
    if (::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0 ||
        ::mount(file.c_str(), file.c_str(), nullptr, MS_BIND, nullptr) != 0)
      return kNotAllowed;
    return plan::irreplaceable(file).starts_with("is a mount point") ? 0 : 1;
  }));
}

TEST_CASE("another user's file in a folder for everybody cannot") {
  const test::TempFolder folder;
  const auto file = (folder / "a.mp4").string();
  std::ofstream(file) << "old";
  REQUIRE(::chmod(folder.path().c_str(), S_ISVTX | 0777) == 0);
  check(elsewhere([&] {
    constexpr uid_t kNobody = 65534;
    if (::setuid(kNobody) != 0 || ::access(file.c_str(), F_OK) != 0) return kNotAllowed;
    return plan::irreplaceable(file).starts_with("is another user's") ? 0 : 1;
  }));
}
