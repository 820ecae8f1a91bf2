// spdlog with one stderr sink and plain, unprefixed lines.
#include "base/log.h"

#include <memory>

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

namespace kinema {
namespace {

spdlog::logger& logger() {
  static const auto instance = [] {
    auto made = std::make_shared<spdlog::logger>("kinema",
                                                 std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_pattern("%v");
    made->flush_on(spdlog::level::trace);
    return made;
  }();
  return *instance;
}

}  // namespace

void set_log_level(LogLevel level) {
  switch (level) {
    case LogLevel::kQuiet:
      logger().set_level(spdlog::level::warn);
      break;
    case LogLevel::kNormal:
      logger().set_level(spdlog::level::info);
      break;
    case LogLevel::kVerbose:
      logger().set_level(spdlog::level::debug);
      break;
    case LogLevel::kDebug:
      logger().set_level(spdlog::level::trace);
      break;
  }
}

void mute_log() { logger().set_level(spdlog::level::off); }

void note(std::string_view text) { logger().info("note: {}", text); }
void warn(std::string_view text) { logger().warn("warning: {}", text); }
void log_verbose(std::string_view text) { logger().debug("{}", text); }

}  // namespace kinema
