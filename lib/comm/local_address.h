// Which of this machine's addresses its peers can reach, and whether theirs answer.
#pragma once

#include <string>

namespace kinema::comm {

// The numeric address from which this machine talks to `host`: the loopback for itself, that of the
// right network otherwise. (A host's own name often stands for its loopback, which peers cannot
// reach.) Throws Error(kComm) if the host is not known.
std::string address_towards(const std::string& host, int port);

// Whether a TCP connection can be made. Throws as above.
bool takes_connections(const std::string& host, int port);

}  // namespace kinema::comm
