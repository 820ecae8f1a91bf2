// One print.
#include "ending.h"

#include <iostream>

#include <unistd.h>

#include "base/interrupt.h"
#include "base/log.h"
#include "report/style.h"

namespace kinema::engine {

int told(const Error& error, config::ColorMode color) {
  const int signal = interrupt_signal();
  if (error.kind() == ErrorKind::kInterrupted && signal != 0) {
    note(error.what());
    return 128 + signal;
  }
  const bool colored = report::use_color(color, ::isatty(STDERR_FILENO) == 1);
  std::cerr << report::error_text(error, colored) << std::flush;
  return exit_code(error.kind());
}

}  // namespace kinema::engine
