// LibTorch's messages go on with a stack; the first line is the sentence.
#include "errors.h"

#include <new>
#include <string>

#include <c10/util/Exception.h>

namespace kinema::engine {

Error unexpected(const std::exception& error) {
  if (const auto* known = dynamic_cast<const Error*>(&error)) return *known;
  std::string what = error.what();
  if (const auto* torch = dynamic_cast<const c10::Error*>(&error))
    what = torch->what_without_backtrace();
  what = what.substr(0, what.find('\n'));
  const bool memory = dynamic_cast<const c10::OutOfMemoryError*>(&error) != nullptr ||
                      dynamic_cast<const std::bad_alloc*>(&error) != nullptr ||
                      what.find("DefaultCPUAllocator") != std::string::npos;
  if (memory) {
    return Error(ErrorKind::kMemory, "out of memory: " + what,
                 "smaller --width, --height or --num-frames, or --vae-tiling on");
  }
  return Error(ErrorKind::kInternal, what);
}

}  // namespace kinema::engine
