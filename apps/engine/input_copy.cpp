// poll, so that the thread can be stopped while nothing comes.
#include "input_copy.h"

#include <fstream>
#include <utility>

#include <poll.h>
#include <unistd.h>

#include "batch/order.h"

namespace kinema::engine {
namespace {

constexpr int kTickMilliseconds = 100;

}  // namespace

InputCopy::InputCopy(std::filesystem::path file)
    : file_(std::move(file)), thread_([this] { copy(); }) {}

InputCopy::~InputCopy() {
  stopped_ = true;
  thread_.join();
}

void InputCopy::copy() {
  std::ofstream out(file_, std::ios::binary | std::ios::app);
  char bytes[4096];
  while (!stopped_) {
    pollfd input{STDIN_FILENO, POLLIN, 0};
    if (::poll(&input, 1, kTickMilliseconds) <= 0) continue;
    const auto count = ::read(STDIN_FILENO, bytes, sizeof(bytes));
    if (count <= 0) break;
    out.write(bytes, count).flush();
  }
  if (!stopped_) std::ofstream(batch::end_mark(file_)) << "\n";
}

}  // namespace kinema::engine
