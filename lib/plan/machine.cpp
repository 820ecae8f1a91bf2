// Reads the kernel's and the NVIDIA driver's files.
#include "plan/machine.h"

#include <algorithm>
#include <fstream>
#include <memory>
#include <sstream>
#include <thread>

#include <sched.h>

#include "plan/control_groups.h"

namespace kinema::plan {
namespace {

namespace fs = std::filesystem;

std::string value_after(const fs::path& file, const std::string& key) {
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with(key)) continue;
    const auto start = line.find_first_not_of(" \t", key.size());
    return start == std::string::npos ? std::string() : line.substr(start);
  }
  return {};
}

// Cores that this process is bound to.
std::optional<int64_t> bound_cores() {
  constexpr size_t kMost = 8192;
  const std::unique_ptr<cpu_set_t, void (*)(cpu_set_t*)> set(CPU_ALLOC(kMost),
                                                             [](cpu_set_t* one) { CPU_FREE(one); });
  const size_t bytes = CPU_ALLOC_SIZE(kMost);
  if (!set || ::sched_getaffinity(0, bytes, set.get()) != 0) return std::nullopt;
  return CPU_COUNT_S(bytes, set.get());
}

// By bus address.
std::vector<std::string> listed_gpus(const fs::path& driver) {
  std::vector<fs::path> folders;
  std::error_code missing;
  for (const auto& entry : fs::directory_iterator(driver, missing)) folders.push_back(entry.path());
  std::sort(folders.begin(), folders.end());
  std::vector<std::string> all;
  for (const auto& folder : folders) all.push_back(value_after(folder / "information", "Model:"));
  return all;
}

bool is_name(const std::string& item) {
  return item.starts_with("GPU-") || item.starts_with("MIG-");
}

// Whether GPUs are chosen by something else than their numbers.
bool has_names(const std::optional<std::string>& cuda_visible_devices) {
  std::istringstream list(cuda_visible_devices.value_or(""));
  for (std::string item; std::getline(list, item, ',');)
    if (is_name(item)) return true;
  return false;
}

std::vector<std::string> chosen_gpus(const std::vector<std::string>& all,
                                     const std::string& cuda_visible_devices) {
  std::vector<std::string> chosen;
  std::istringstream list(cuda_visible_devices);
  for (std::string item; std::getline(list, item, ',');) {
    // As CUDA does: the first entry that is no device ends the list. Names cannot be looked up here
    // and are believed.
    if (is_name(item)) {
      chosen.push_back("GPU");
      continue;
    }
    size_t digits = 0;
    while (digits < item.size() && std::isdigit(static_cast<unsigned char>(item[digits]))) ++digits;
    if (digits == 0 || digits > 4 || digits != item.size() || std::stoul(item) >= all.size()) break;
    chosen.push_back(all[std::stoul(item)]);
  }
  return chosen;
}

}  // namespace

std::vector<std::string> visible_gpus(const std::optional<std::string>& cuda_visible_devices,
                                      const fs::path& driver,
                                      const AskDriver& ask) {
  const auto all = listed_gpus(driver);
  // Of different cards CUDA puts the fastest first; and some systems list none.
  const bool alike =
      std::all_of(all.begin(), all.end(), [&](const auto& name) { return name == all.front(); });
  if (all.empty() || !alike || has_names(cuda_visible_devices)) {
    if (auto names = ask()) return *names;
  }
  return cuda_visible_devices ? chosen_gpus(all, *cuda_visible_devices) : all;
}

uint64_t available_memory(const fs::path& root) {
  std::istringstream value(value_after(root / "proc/meminfo", "MemAvailable:"));
  uint64_t kilobytes = 0;
  value >> kilobytes;
  const auto bound = group_memory(root);
  if (!bound) return kilobytes * 1024;
  // A bound that is reached is not an unknown one.
  return std::max<uint64_t>(1, kilobytes == 0 ? *bound : std::min(*bound, kilobytes * 1024));
}

int64_t available_cores(int64_t processes, const fs::path& root) {
  const int64_t machine = std::max(1U, std::thread::hardware_concurrency());
  const int64_t cores = std::min(machine, bound_cores().value_or(machine) * processes);
  const double share = group_cores(root).value_or(static_cast<double>(cores));
  return std::max<int64_t>(1, std::min(cores, static_cast<int64_t>(share)));
}

std::optional<uint64_t> free_disk(const fs::path& folder) {
  std::error_code error;
  const auto space = fs::space(folder, error);
  if (error) return std::nullopt;
  return space.available;
}

}  // namespace kinema::plan
