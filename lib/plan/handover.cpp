// plan_json holds the request too.
#include "plan/handover.h"

#include <cerrno>
#include <cstring>

#include <unistd.h>

#include "config/request_json.h"
#include "plan/plan_report.h"

namespace kinema::plan {

std::string handover_text(const Job& job, const Json& task) {
  auto text = plan_json(job);
  if (!task.is_null()) text["task"] = task;
  return text.dump();
}

Handover read_handover(int descriptor) {
  std::string text;
  char buffer[1 << 16];
  for (;;) {
    // With an offset, since the descriptor's position is shared with whoever inherited it too.
    const auto count = pread(descriptor, buffer, sizeof(buffer), static_cast<off_t>(text.size()));
    if (count == 0) break;
    if (count < 0) {
      throw Error(ErrorKind::kInternal, "the request cannot be read from descriptor " +
                                            std::to_string(descriptor) + ": " +
                                            std::strerror(errno));
    }
    text.append(buffer, static_cast<size_t>(count));
  }
  Json planned = parse_json(text, "the request", ErrorKind::kInternal);
  if (!planned.is_object() || !planned.contains("job")) {
    throw Error(ErrorKind::kInternal,
                "the request has no \"job\": front end and engine are of different versions");
  }
  const auto task = planned.value("task", Json());
  planned.erase("task");
  return {config::request_from_json(planned["job"], "the request"), planned, task};
}

}  // namespace kinema::plan
