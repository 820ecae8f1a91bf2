// The handler does what a handler may: set a flag, or leave.
#include "base/interrupt.h"

#include <unistd.h>

#include <atomic>
#include <csignal>

#include "base/error.h"

namespace kinema {
namespace {

// A signal handler can reach nothing but a global.
std::atomic<int> received{0};

void on_signal(int signal) {
  int none = 0;
  if (!received.compare_exchange_strong(none, signal)) ::_exit(128 + signal);
}

}  // namespace

void catch_interrupts() {
  struct sigaction action = {};
  action.sa_handler = on_signal;
  sigemptyset(&action.sa_mask);
  action.sa_flags = SA_RESTART;
  for (int signal : {SIGINT, SIGTERM}) ::sigaction(signal, &action, nullptr);
}

int interrupt_signal() { return received.load(); }

void stop_if_interrupted(const std::string& where) {
  if (interrupt_signal() == 0) return;
  throw Error(ErrorKind::kInterrupted, "interrupted " + where);
}

}  // namespace kinema
