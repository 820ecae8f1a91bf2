// Read once; the fault itself is one system call.
#include "fault.h"

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <stdexcept>

#include <unistd.h>

#include "base/error.h"

namespace kinema::engine {
namespace {

constexpr const char* kVariable = "KINEMA_FAULT";
// Like nothing that the program leaves with by itself.
constexpr int kSilentExit = 99;

}  // namespace

std::optional<Fault> Fault::from_environment() {
  static const std::map<std::string, Kind> kinds = {
      {"throw", Kind::kThrow}, {"exit", Kind::kExit}, {"kill", Kind::kKill}, {"hang", Kind::kHang}};
  const char* text = std::getenv(kVariable);
  if (text == nullptr) return std::nullopt;
  std::map<std::string, std::string> given;
  std::istringstream parts(text);
  for (std::string part; std::getline(parts, part, ',');) {
    const auto equals = part.find('=');
    if (equals != std::string::npos) given[part.substr(0, equals)] = part.substr(equals + 1);
  }
  const auto kind = kinds.find(given["kind"]);
  if (kind == kinds.end() || given["rank"].empty() || given["phase"].empty()) {
    throw Error(ErrorKind::kConfig, std::string(kVariable) + "=" + text + " is no fault",
                "rank=2,phase=denoise step 2,kind=throw|exit|kill|hang");
  }
  Fault fault;
  fault.rank_ = std::atoi(given["rank"].c_str());
  fault.phase_ = given["phase"];
  fault.mark_ = given["mark"];
  fault.once_ = given["once"] == "yes";
  fault.kind_ = kind->second;
  return fault;
}

void Fault::enter(int rank, const std::string& phase) const {
  if (rank != rank_ || (phase != phase_ && !phase.starts_with(phase_ + " "))) return;
  if (once_ && std::filesystem::exists(mark_)) return;
  if (!mark_.empty()) std::ofstream(mark_) << phase << '\n';
  switch (kind_) {
    case Kind::kThrow:
      throw std::runtime_error(std::string("a fault that ") + kVariable + " asked for");
    case Kind::kExit:
      ::_exit(kSilentExit);
    case Kind::kKill:
      ::raise(SIGKILL);
      return;
    case Kind::kHang:
      for (;;) ::pause();
  }
}

}  // namespace kinema::engine
