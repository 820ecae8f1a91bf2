// Error texts of FFmpeg's return codes.
#include "media/av.h"

extern "C" {
#include <libavutil/log.h>
}

#include "base/error.h"

namespace kinema::media {

std::string av_message(int code) {
  char text[AV_ERROR_MAX_STRING_SIZE] = {};
  av_strerror(code, text, sizeof text);
  return text;
}

int av_check(int code, const std::string& name, const char* what) {
  if (code >= 0) return code;
  const auto kind = code == AVERROR(ENOMEM) ? ErrorKind::kMemory : ErrorKind::kIo;
  throw Error(kind, name + ": " + what + ": " + av_message(code));
}

void throw_not_made(const char* what) {
  throw Error(ErrorKind::kMemory, std::string("no memory for ") + what);
}

std::string av_url(const std::string& path) { return "file:" + path; }

void quiet_av() { av_log_set_level(AV_LOG_QUIET); }

}  // namespace kinema::media
