// A mapped file that becomes shorter while it is in use, as a sentence instead of a signal.
#pragma once

#include <functional>
#include <thread>

#include "base/error.h"

namespace kinema::checkpoint {

// While it lives, a thread that reads a MappedFile where its file has nothing any more, or where
// the disk fails, waits for ever, and `fail` is called on a thread of its own with an Error(kModel)
// that names the file. It must end the process: what was read cannot be had. SIGBUS for any other
// reason ends the process as it does without this. One at a time in a process.
class LostPages {
 public:
  using Fail = std::function<void(const Error&)>;

  // Throws Error(kInternal) if the system has no pipes left.
  explicit LostPages(Fail fail);
  ~LostPages();
  LostPages(const LostPages&) = delete;
  LostPages& operator=(const LostPages&) = delete;

 private:
  void run();

  Fail fail_;
  int questions_ = -1, answers_ = -1;  // the thread's ends of the handler's pipes
  std::thread thread_;
};

}  // namespace kinema::checkpoint
