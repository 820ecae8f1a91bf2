// SIGINT and SIGTERM as a question the work asks between steps: the first asks it to end cleanly, a second ends the process.
#pragma once

#include <string>

namespace kinema {

// From now on the first signal only sets the flag below.
void catch_interrupts();

// The signal that arrived, 0 if none did.
int interrupt_signal();

// Throws Error(kInterrupted) naming `where` if a signal arrived.
void stop_if_interrupted(const std::string& where);

}  // namespace kinema
