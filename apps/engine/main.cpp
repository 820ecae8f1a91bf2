// kinema-engine: computes one job that `kinema` has checked and resolved.
#include <csignal>
#include <exception>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/interrupt.h"
#include "base/log.h"
#include "ending.h"
#include "errors.h"
#include "inspect_video.h"
#include "plan/handover.h"
#include "tensor/host_memory.h"
#include "world.h"

int main(int argc, char** argv) {
  auto color = kinema::config::ColorMode::kAuto;
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  try {
    kinema::catch_interrupts();
    // A peer's closed socket is an error of the operation that meets it, not this process's end.
    std::signal(SIGPIPE, SIG_IGN);
    kinema::tensor::return_freed_memory();
    if (arguments.size() == 2 && arguments[0] == "--request-fd") {
      const auto job = kinema::plan::read_handover(std::stoi(arguments[1]));
      color = job.request.color;
      kinema::set_log_level(job.request.log_level);
      return kinema::engine::run_world(job);
    }
    if (arguments.size() >= 2 && arguments[0] == "--inspect") {
      const bool json = arguments.back() == "--json";
      kinema::engine::inspect_video(arguments[1], json ? kinema::engine::InspectForm::kJson
                                                       : kinema::engine::InspectForm::kText);
      return 0;
    }
    throw kinema::Error(kinema::ErrorKind::kUsage,
                        "kinema-engine is started by kinema, not by hand",
                        "kinema generate --help");
  } catch (const std::exception& error) {
    return kinema::engine::told(kinema::engine::unexpected(error), color);
  }
}
