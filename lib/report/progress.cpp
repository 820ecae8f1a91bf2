// Chooses the style; talks to the terminal about its width.
#include "report/progress.h"

#include <chrono>
#include <ctime>
#include <iostream>

#include <sys/ioctl.h>
#include <unistd.h>

#include "report/progress_styles.h"

namespace kinema::report {
namespace {

class NoProgress : public Progress {
 public:
  void stage_began(const std::string&, int64_t) override {}
  void step_ended(int64_t, int64_t) override {}
  void stage_ended(const StageEnd&) override {}
};

std::string local_time() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  localtime_r(&now, &parts);
  char text[16];
  return {text, std::strftime(text, sizeof(text), "%H:%M:%S", &parts)};
}

int terminal_columns() {
  winsize size{};
  return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

}  // namespace

ProgressTarget ProgressTarget::standard_error() {
  const auto start = std::chrono::steady_clock::now();
  auto seconds = [start] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  };
  return {std::cerr, isatty(STDERR_FILENO) == 1, terminal_columns(), seconds, local_time};
}

std::unique_ptr<Progress> make_progress(config::ProgressStyle style,
                                        const std::string& job,
                                        ProgressTarget target) {
  using config::ProgressStyle;
  if (style == ProgressStyle::kAuto)
    style = target.terminal ? ProgressStyle::kBar : ProgressStyle::kPlain;
  switch (style) {
    case ProgressStyle::kBar:
      return std::make_unique<BarProgress>(std::move(target));
    case ProgressStyle::kPlain:
      return std::make_unique<PlainProgress>(job, std::move(target));
    case ProgressStyle::kJson:
      return std::make_unique<JsonProgress>(job, std::move(target));
    case ProgressStyle::kAuto:
    case ProgressStyle::kNone:
      break;
  }
  return std::make_unique<NoProgress>();
}

}  // namespace kinema::report
