// Lines of files in /proc.
#include "bench/machine_facts.h"

#include <fstream>
#include <thread>

#include <sys/utsname.h>

namespace kinema::bench {
namespace {

// What stands behind the colon of the first line that begins with `key`.
std::string value_of(const std::filesystem::path& file, const std::string& key) {
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    const auto colon = line.find(':');
    if (!line.starts_with(key) || colon == std::string::npos) continue;
    const auto begin = line.find_first_not_of(" \t", colon + 1);
    return begin == std::string::npos ? "" : line.substr(begin);
  }
  return "";
}

}  // namespace

OrderedJson machine_facts(const std::vector<std::string>& gpus, const std::filesystem::path& proc) {
  OrderedJson facts;
  facts["cpu"] = value_of(proc / "cpuinfo", "model name");
  facts["cores"] = std::thread::hardware_concurrency();
  const auto memory = value_of(proc / "meminfo", "MemTotal");  // "16 kB"
  if (!memory.empty()) facts["memory_bytes"] = std::stoull(memory) * 1024;
  utsname system = {};
  if (uname(&system) == 0)
    facts["system"] = std::string(system.sysname) + " " + system.release + " " + system.machine;
  facts["gpus"] = gpus;
  const auto driver = value_of(proc / "driver/nvidia/version", "NVRM version");
  if (!driver.empty()) facts["driver"] = driver;
  return facts;
}

}  // namespace kinema::bench
