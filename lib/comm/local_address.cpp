// A datagram socket that is connected, but sends nothing, knows its own address.
#include "comm/local_address.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

#include <netdb.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/error.h"

namespace kinema::comm {
namespace {

[[noreturn]] void fail(const std::string& host, const char* why) {
  throw Error(ErrorKind::kComm, "no way to the processes' meeting place " + host + ": " + why,
              "MASTER_ADDR must name a host that every process can reach");
}

using Addresses = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;

Addresses resolved(const std::string& host, int port, int kind) {
  addrinfo hints = {};
  hints.ai_socktype = kind;
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

bool connects(const addrinfo& target) {
  const int socket = ::socket(target.ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket < 0) return false;
  // A network that swallows packets would let it wait for minutes.
  const timeval limit{1, 0};
  ::setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
  const bool connected = ::connect(socket, target.ai_addr, target.ai_addrlen) == 0;
  ::close(socket);
  return connected;
}

}  // namespace

bool takes_connections(const std::string& host, int port) {
  const auto targets = resolved(host, port, SOCK_STREAM);
  for (const auto* target = targets.get(); target != nullptr; target = target->ai_next)
    if (connects(*target)) return true;
  return false;
}

std::string address_towards(const std::string& host, int port) {
  const auto targets = resolved(host, port, SOCK_DGRAM);
  for (const auto* target = targets.get(); target != nullptr; target = target->ai_next) {
    if (auto address = own_address(*target); !address.empty()) return address;
  }
  fail(host, std::strerror(errno));
}

}  // namespace kinema::comm
