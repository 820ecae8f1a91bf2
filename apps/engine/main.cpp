// kinema-engine: computes one job that `kinema` has checked and resolved.
#include <cstdlib>
#include <exception>
#include <iostream>
#include <string>

#include <unistd.h>

#include "base/error.h"
#include "base/interrupt.h"
#include "base/log.h"
#include "errors.h"
#include "plan/handover.h"
#include "report/style.h"
#include "world.h"

namespace {

using kinema::Error;

int fail(const Error& error, kinema::config::ColorMode mode) {
  const bool color = kinema::report::use_color(mode, ::isatty(STDERR_FILENO) == 1);
  std::cerr << kinema::report::error_text(error, color) << std::flush;
  // An interrupt is the user's wish, not a failure: the shell is told by the code alone.
  const int signal = kinema::interrupt_signal();
  if (error.kind() == kinema::ErrorKind::kInterrupted && signal != 0) return 128 + signal;
  return kinema::exit_code(error.kind());
}

}  // namespace

int main(int argc, char** argv) {
  auto color = kinema::config::ColorMode::kAuto;
  try {
    if (argc != 3 || std::string(argv[1]) != "--request-fd") {
      throw Error(kinema::ErrorKind::kUsage, "kinema-engine is started by kinema, not by hand",
                  "kinema generate --help");
    }
    kinema::catch_interrupts();
    const auto job = kinema::plan::read_handover(std::atoi(argv[2]));
    color = job.request.color;
    kinema::set_log_level(job.request.log_level);
    return kinema::engine::run_world(job);
  } catch (const std::exception& error) {
    return fail(kinema::engine::unexpected(error), color);
  }
}
