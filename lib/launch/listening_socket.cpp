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
  port_ = ntohs(address.sin_port);
}

ListeningSocket::~ListeningSocket() {
  if (fd_ >= 0) ::close(fd_);
}

int ListeningSocket::release() { return std::exchange(fd_, -1); }

}  // namespace kinema::launch
