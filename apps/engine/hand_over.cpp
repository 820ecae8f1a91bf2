// A memory file of JSON, read from its start.
#include "hand_over.h"

#include <array>
#include <cerrno>
#include <string>

#include <unistd.h>

#include "base/error.h"
#include "config/request_json.h"

namespace kinema::engine {

HandOver read_hand_over(int descriptor) {
  std::string text;
  std::array<char, 4096> buffer;
  ::lseek(descriptor, 0, SEEK_SET);
  for (;;) {
    const auto count = ::read(descriptor, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    text.append(buffer.data(), static_cast<size_t>(count));
  }
  ::close(descriptor);
  const auto json = parse_json(text, "the job", ErrorKind::kInternal);
  if (!json.is_object() || !json.contains("request") || !json.contains("planned")) {
    throw Error(ErrorKind::kInternal, "the job handed over has no request");
  }
  return {config::request_from_json(json["request"], "the job"), json["planned"]};
}

}  // namespace kinema::engine
