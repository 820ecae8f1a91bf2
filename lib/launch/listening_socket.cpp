// bind to port 0, then ask which it became.
#include "launch/listening_socket.h"

#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"

namespace kinema::launch {

namespace {

// The number of an error, or 0. Binding does not tell: it succeeds where no packet has a way. A
// datagram socket that is connected has looked for one, and sends nothing.
int problem_of_loopback(sockaddr_in address) {
  address.sin_port = htons(1);
  const int probe = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const bool leads =
      probe >= 0 && ::connect(probe, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
  const int problem = leads ? 0 : errno;
  if (probe >= 0) ::close(probe);
  return problem;
}

}  // namespace

ListeningSocket::ListeningSocket() {
  fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof(address);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (fd_ < 0 || ::bind(fd_, generic, length) != 0 || ::listen(fd_, SOMAXCONN) != 0 ||
      ::getsockname(fd_, generic, &length) != 0) {
    throw Error(ErrorKind::kComm,
                std::string("no loopback port for the processes to meet: ") + std::strerror(errno));
  }
  if (const int problem = problem_of_loopback(address); problem != 0) {
    throw Error(
        ErrorKind::kComm,
        std::string("the processes of a run meet at 127.0.0.1, to which there is no way: ") +
            std::strerror(problem),
        "ip link set lo up");
  }
  port_ = ntohs(address.sin_port);
}

ListeningSocket::~ListeningSocket() {
  if (fd_ >= 0) ::close(fd_);
}

int ListeningSocket::release() { return std::exchange(fd_, -1); }

}  // namespace kinema::launch
