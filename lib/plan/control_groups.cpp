// /proc/self/cgroup says which groups, /sys/fs/cgroup what they may.
#include "plan/control_groups.h"

#include <algorithm>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>
#include <vector>

namespace kinema::plan {
namespace {

namespace fs = std::filesystem;

// A tree of groups: where it is mounted, and this process's place in it.
struct Tree {
  fs::path mount, group;
};

bool lists(const std::string& controllers, const std::string& wanted) {
  std::istringstream list(controllers);
  for (std::string one; std::getline(list, one, ',');)
    if (one == wanted) return true;
  return false;
}

// Of a controller of version 1, or without a name the tree of version 2. A line is
// "4:cpu,cpuacct:/docker/1a", or "0::/user.slice".
std::optional<Tree> tree_of(const fs::path& root, const std::string& controller) {
  const auto mounts = root / "sys/fs/cgroup";
  std::ifstream in(root / "proc/self/cgroup");
  for (std::string line; std::getline(in, line);) {
    const auto first = line.find(':'), second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const auto controllers = line.substr(first + 1, second - first - 1);
    const auto group = fs::path(line.substr(second + 1)).relative_path();
    if (controller.empty() && controllers.empty())
      return Tree{fs::exists(mounts / "unified") ? mounts / "unified" : mounts, group};
    if (!controller.empty() && lists(controllers, controller))
      return Tree{mounts / controller, group};
  }
  return std::nullopt;
}

// Words of a file's first line; none without the file.
std::vector<std::string> words_in(const fs::path& file) {
  std::ifstream in(file);
  std::string line;
  std::getline(in, line);
  std::istringstream text(line);
  std::vector<std::string> words;
  for (std::string word; text >> word;) words.push_back(word);
  return words;
}

std::optional<double> number(const std::string& word) {
  std::istringstream text(word);
  double value = 0;
  if (!(text >> value) || value < 0) return std::nullopt;  // "max", or -1
  return value;
}

std::optional<double> number_in(const fs::path& file) {
  const auto words = words_in(file);
  return words.empty() ? std::nullopt : number(words.front());
}

// Of lines "inactive_file 4096".
double value_of(const fs::path& file, const std::string& key) {
  std::ifstream in(file);
  std::string name;
  for (double value = 0; in >> name >> value;)
    if (name == key) return value;
  return 0;
}

using Bound = std::function<std::optional<double>(const fs::path& group)>;

// The least of a tree's groups from this process's up. In a container the upper ones are not there.
std::optional<double> least(const std::optional<Tree>& tree, const Bound& bound) {
  if (!tree) return std::nullopt;
  std::optional<double> found;
  for (auto group = tree->group;; group = group.parent_path()) {
    const auto here = bound(group.empty() ? tree->mount : tree->mount / group);
    if (here) found = std::min(found.value_or(*here), *here);
    if (group.empty()) return found;
  }
}

std::optional<double> either(const std::optional<double>& one, const std::optional<double>& other) {
  return one && other ? std::min(*one, *other) : one ? one : other;
}

// Names of files, and of what `stat` counts as pages of files.
struct MemoryFiles {
  const char *most, *used, *inactive, *active;
};

std::optional<double> memory_left(const fs::path& group, const MemoryFiles& names) {
  const auto most = number_in(group / names.most), used = number_in(group / names.used);
  if (!most || !used) return std::nullopt;
  const auto stat = group / "memory.stat";
  const double files = value_of(stat, names.inactive) + value_of(stat, names.active);
  return std::max(0.0, *most - std::max(0.0, *used - files));
}

std::optional<double> quotient(const std::optional<double>& quota,
                               const std::optional<double>& period) {
  return quota && period && *period > 0 ? std::optional(*quota / *period) : std::nullopt;
}

}  // namespace

std::optional<uint64_t> group_memory(const fs::path& root) {
  constexpr MemoryFiles kSecond{"memory.max", "memory.current", "inactive_file", "active_file"};
  constexpr MemoryFiles kFirst{"memory.limit_in_bytes", "memory.usage_in_bytes",
                               "total_inactive_file", "total_active_file"};
  const auto left = either(
      least(tree_of(root, ""), [&](const auto& group) { return memory_left(group, kSecond); }),
      least(tree_of(root, "memory"),
            [&](const auto& group) { return memory_left(group, kFirst); }));
  if (!left) return std::nullopt;
  return static_cast<uint64_t>(*left);
}

std::optional<double> group_cores(const fs::path& root) {
  return either(least(tree_of(root, ""),
                      [](const fs::path& group) -> std::optional<double> {
                        const auto words = words_in(group / "cpu.max");  // "200000 100000"
                        if (words.size() < 2) return std::nullopt;
                        return quotient(number(words[0]), number(words[1]));
                      }),
                least(tree_of(root, "cpu"), [](const fs::path& group) {
                  return quotient(number_in(group / "cpu.cfs_quota_us"),
                                  number_in(group / "cpu.cfs_period_us"));
                }));
}

}  // namespace kinema::plan
