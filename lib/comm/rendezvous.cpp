// c10d's TCPStore behind a few words.
#include "comm/rendezvous.h"

#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#include "base/error.h"
#include "comm/local_address.h"

namespace kinema::comm {
namespace {

std::string prefix(const Endpoint& endpoint) {
  return "kinema/" + std::to_string(endpoint.attempt);
}

std::string first_line(const std::exception& error) {
  std::string what = error.what();
  return what.substr(0, what.find('\n'));
}

template <typename Action>
auto guarded(const std::string& where, Action&& action) {
  try {
    return action();
  } catch (const Error&) {
    throw;
  } catch (const std::exception& error) {
    throw Error(ErrorKind::kComm, where + ": " + first_line(error));
  }
}

std::vector<uint8_t> bytes(const std::string& text) { return {text.begin(), text.end()}; }
std::string text(const std::vector<uint8_t>& bytes) { return {bytes.begin(), bytes.end()}; }

std::string place(const Endpoint& endpoint) {
  return "rendezvous at " + endpoint.host + ":" + std::to_string(endpoint.port);
}

c10::intrusive_ptr<c10d::Store> served(const Endpoint& endpoint, std::optional<int> listening_fd) {
  return guarded(place(endpoint), [&]() -> c10::intrusive_ptr<c10d::Store> {
    c10d::TCPStoreOptions options;
    options.port = static_cast<uint16_t>(endpoint.port);
    options.isServer = true;
    options.waitWorkers = false;
    options.masterListenFd = listening_fd;
    return c10::make_intrusive<c10d::TCPStore>(endpoint.host, options);
  });
}

}  // namespace

RendezvousServer::RendezvousServer(const Endpoint& endpoint) : store_(served(endpoint, {})) {}

RendezvousServer::RendezvousServer(const Endpoint& endpoint, int listening_fd)
    : store_(served(endpoint, listening_fd)) {}

RendezvousServer::~RendezvousServer() = default;

bool answers(const Endpoint& endpoint) { return takes_connections(endpoint.host, endpoint.port); }

Rendezvous::Rendezvous(const Endpoint& endpoint,
                       int rank,
                       int size,
                       std::chrono::milliseconds timeout)
    : rank_(rank),
      size_(size),
      timeout_(timeout),
      own_address_(address_towards(endpoint.host, endpoint.port)) {
  guarded(place(endpoint), [&] {
    c10d::TCPStoreOptions options;
    options.port = static_cast<uint16_t>(endpoint.port);
    options.waitWorkers = false;
    options.timeout = timeout;
    store_ = c10::make_intrusive<c10d::PrefixStore>(
        prefix(endpoint), c10::make_intrusive<c10d::TCPStore>(endpoint.host, options));
  });
}

Rendezvous::~Rendezvous() = default;

std::shared_ptr<Rendezvous> Rendezvous::connected_again() const {
  auto copy = std::make_shared<Rendezvous>(*this);
  guarded("another connection to the rendezvous", [&] { copy->store_ = store_->clone(); });
  return copy;
}

void Rendezvous::set(const std::string& key, const std::string& value) {
  guarded("rendezvous key " + key, [&] { store_->set(key, bytes(value)); });
}

std::string Rendezvous::get(const std::string& key) {
  return guarded("rendezvous key " + key, [&] { return text(store_->get(key)); });
}

std::optional<std::string> Rendezvous::peek(const std::string& key) {
  return guarded("rendezvous key " + key, [&]() -> std::optional<std::string> {
    if (!store_->check({key})) return std::nullopt;
    return text(store_->get(key));
  });
}

std::string Rendezvous::first(const std::string& key, const std::string& value) {
  return guarded("rendezvous key " + key,
                 [&] { return text(store_->compareSet(key, {}, bytes(value))); });
}

int64_t Rendezvous::add(const std::string& key, int64_t more) {
  return guarded("rendezvous key " + key, [&] { return store_->add(key, more); });
}

std::vector<std::string> Rendezvous::exchange(const std::string& key, const std::string& value) {
  set(key + "/" + std::to_string(rank_), value);
  std::vector<std::string> all;
  for (int rank = 0; rank < size_; ++rank) all.push_back(get(key + "/" + std::to_string(rank)));
  return all;
}

void Rendezvous::finish() { exchange("done", "1"); }

}  // namespace kinema::comm
