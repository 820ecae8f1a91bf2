// A datagram socket that is connected, but sends nothing, knows its own address.
#include "comm/local_address.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"

namespace kinema::comm {
namespace {

[[noreturn]] void fail(const std::string& host, const char* why) {
  throw Error(ErrorKind::kComm, "no way to the processes' meeting place " + host + ": " + why,
              "MASTER_ADDR must name a host that every process can reach");
}

using Addresses = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;

Addresses resolved(const std::string& host, int port) {
  addrinfo hints = {};
  hints.ai_socktype = SOCK_DGRAM;
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (error != 0) fail(host, ::gai_strerror(error));
  return {found, ::freeaddrinfo};
}

// Empty if there is no way to it.
std::string own_address(const addrinfo& target) {
  const int socket = ::socket(target.ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (socket < 0) return {};
  sockaddr_storage own = {};
  socklen_t length = sizeof(own);
  auto* address = reinterpret_cast<sockaddr*>(&own);
  const bool known = ::connect(socket, target.ai_addr, target.ai_addrlen) == 0 &&
                     ::getsockname(socket, address, &length) == 0;
  ::close(socket);
  std::array<char, NI_MAXHOST> text = {};
  if (!known ||
      ::getnameinfo(address, length, text.data(), text.size(), nullptr, 0, NI_NUMERICHOST) != 0) {
    return {};
  }
  return text.data();
}

}  // namespace

std::string address_towards(const std::string& host, int port) {
  const auto targets = resolved(host, port);
  for (const auto* target = targets.get(); target != nullptr; target = target->ai_next) {
    if (auto address = own_address(*target); !address.empty()) return address;
  }
  fail(host, std::strerror(errno));
}

}  // namespace kinema::comm
