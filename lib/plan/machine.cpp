// Reads the kernel's and the NVIDIA driver's files.
#include "plan/machine.h"

#include <algorithm>
#include <fstream>
#include <sstream>

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

}  // namespace

std::vector<std::string> visible_gpus(const std::optional<std::string>& cuda_visible_devices,
                                      const fs::path& driver) {
  std::vector<fs::path> folders;
  std::error_code missing;
  for (const auto& entry : fs::directory_iterator(driver, missing)) folders.push_back(entry.path());
  std::sort(folders.begin(), folders.end());  // by bus address
  std::vector<std::string> all;
  for (const auto& folder : folders) all.push_back(value_after(folder / "information", "Model:"));
  if (!cuda_visible_devices) return all;
  std::vector<std::string> chosen;
  std::istringstream list(*cuda_visible_devices);
  for (std::string item; std::getline(list, item, ',');) {
    // As CUDA does: the first entry that is no device ends the list. UUIDs cannot be looked up here
    // and are believed.
    if (item.starts_with("GPU-") || item.starts_with("MIG-")) {
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

uint64_t available_memory(const fs::path& meminfo) {
  std::istringstream value(value_after(meminfo, "MemAvailable:"));
  uint64_t kilobytes = 0;
  value >> kilobytes;
  return kilobytes * 1024;
}

std::optional<uint64_t> free_disk(const fs::path& folder) {
  std::error_code error;
  const auto space = fs::space(folder, error);
  if (error) return std::nullopt;
  return space.available;
}

}  // namespace kinema::plan
