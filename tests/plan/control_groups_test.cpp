// Bounds as the kernel's files tell them, in folders of their own.
#include "plan/control_groups.h"

#include <fstream>

#include <catch2/catch.hpp>
#include <sched.h>

#include "plan/machine.h"
#include "support/temp_folder.h"

using namespace kinema;
using namespace kinema::plan;
namespace fs = std::filesystem;

namespace {

constexpr uint64_t kGigabyte = 1'000'000'000;

// The root of a file system.
class Machine {
 public:
  Machine() { file("proc/meminfo", "MemTotal: 9000000 kB\nMemAvailable: 8000000 kB\n"); }
  Machine& file(const std::string& name, const std::string& text) {
    fs::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name) << text;
    return *this;
  }
  fs::path root() const { return folder_ / ""; }

 private:
  test::TempFolder folder_;
};

}  // namespace

TEST_CASE("without control groups all that is available may be taken") {
  const Machine machine;
  CHECK_FALSE(group_memory(machine.root()));
  CHECK_FALSE(group_cores(machine.root()));
  CHECK(available_memory(machine.root()) == 8'000'000 * 1024ULL);
}

TEST_CASE("version 2: the tightest group on the way up bounds, pages of files are free") {
  Machine machine;
  machine.file("proc/self/cgroup", "0::/batch/job/step\n");
  const std::string groups = "sys/fs/cgroup/";
  machine.file(groups + "batch/job/step/memory.max", "max\n")
      .file(groups + "batch/job/step/memory.current", "1000000000\n")
      .file(groups + "batch/job/step/cpu.max", "max 100000\n");
  CHECK_FALSE(group_memory(machine.root()));
  CHECK_FALSE(group_cores(machine.root()));
  machine.file(groups + "batch/memory.max", "4000000000\n")
      .file(groups + "batch/memory.current", "3000000000\n")
      .file(groups + "batch/memory.stat",
            "anon 1000000000\ninactive_file 500000000\nactive_file 1500000000\n")
      .file(groups + "batch/job/cpu.max", "250000 100000\n")
      .file(groups + "batch/cpu.max", "800000 100000\n");
  CHECK(group_memory(machine.root()) == 3 * kGigabyte);
  CHECK(available_memory(machine.root()) == 3 * kGigabyte);
  CHECK(group_cores(machine.root()) == 2.5);
  CHECK(available_cores(1, machine.root()) <= 2);
  machine.file(groups + "batch/job/cpu.max", "50000 100000\n");
  CHECK(available_cores(1, machine.root()) == 1);
  // A group may have more than the machine has.
  machine.file(groups + "batch/memory.max", "400000000000\n");
  CHECK(available_memory(machine.root()) == 8'000'000 * 1024ULL);
  // More than allowed is in use.
  machine.file(groups + "batch/memory.max", "500000000\n");
  CHECK(group_memory(machine.root()) == 0U);
}

TEST_CASE("a container sees its own group at the top") {
  Machine machine;
  machine.file("proc/self/cgroup", "0::/docker/1a2b\n")
      .file("sys/fs/cgroup/memory.max", "2000000000\n")
      .file("sys/fs/cgroup/memory.current", "500000000\n");
  CHECK(group_memory(machine.root()) == 1'500'000'000U);
}

TEST_CASE("version 1 has a tree for each controller") {
  Machine machine;
  machine
      .file("proc/self/cgroup",
            "12:cpu,cpuacct:/docker/1a2b\n4:memory:/docker/1a2b\n1:name=systemd:/docker/1a2b\n")
      .file("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n")
      .file("sys/fs/cgroup/memory/memory.usage_in_bytes", "5000000000\n")
      .file("sys/fs/cgroup/memory/docker/1a2b/memory.limit_in_bytes", "2000000000\n")
      .file("sys/fs/cgroup/memory/docker/1a2b/memory.usage_in_bytes", "1000000000\n")
      .file("sys/fs/cgroup/memory/docker/1a2b/memory.stat",
            "inactive_file 1\ntotal_inactive_file 250000000\ntotal_active_file 0\n")
      .file("sys/fs/cgroup/cpu/docker/1a2b/cpu.cfs_quota_us", "-1\n")
      .file("sys/fs/cgroup/cpu/docker/1a2b/cpu.cfs_period_us", "100000\n");
  CHECK(group_memory(machine.root()) == 1'250'000'000U);
  CHECK_FALSE(group_cores(machine.root()));
  machine.file("sys/fs/cgroup/cpu/docker/1a2b/cpu.cfs_quota_us", "150000\n");
  CHECK(group_cores(machine.root()) == 1.5);
}

TEST_CASE("a process that is bound to one core counts one, unless others have their own") {
  const Machine machine;
  cpu_set_t before;
  REQUIRE(sched_getaffinity(0, sizeof(before), &before) == 0);
  int first = 0;
  while (!CPU_ISSET(first, &before)) ++first;
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(first, &one);
  REQUIRE(sched_setaffinity(0, sizeof(one), &one) == 0);
  const auto alone = available_cores(1, machine.root());
  const auto among = available_cores(10000, machine.root());
  sched_setaffinity(0, sizeof(before), &before);
  CHECK(alone == 1);
  CHECK(among >= CPU_COUNT(&before));
}
