// Real processes for tests: forks ranks that meet through a store on a loopback port.
#pragma once

#include <functional>

#include "comm/rendezvous.h"

namespace kinema::test {

// Runs `body` in `ranks` processes; throws the Error that was the cause if one of them fails. The
// calling process must not have computed anything in parallel yet, because threads do not survive a
// fork.
void run_ranks(int ranks, const std::function<void(comm::Rendezvous&)>& body);

// Fails the rank with `what` unless `holds`.
void require(bool holds, const std::string& what);

}  // namespace kinema::test
