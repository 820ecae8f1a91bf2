// Where the processes of one run meet: a small key-value store for bootstrap, agreement, and the
// first failure's record.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <c10/util/intrusive_ptr.h>

namespace c10d {
class Store;
}

namespace kinema::comm {

struct Endpoint {
  std::string host = "127.0.0.1";
  int port = 0;
  int attempt = 0;  // of a store that outlives a run and its next start, which one uses it
};

// Serves a store in this process until the object goes: at the endpoint's port on all addresses, or
// through `listening_fd`, an already bound and listening TCP socket, which is taken over.
class RendezvousServer {
 public:
  explicit RendezvousServer(const Endpoint& endpoint);
  RendezvousServer(const Endpoint& endpoint, int listening_fd);
  ~RendezvousServer();

 private:
  c10::intrusive_ptr<c10d::Store> store_;
};

// Whether somebody takes connections there now.
bool answers(const Endpoint& endpoint);

// A client of the store. Keys are private to the run. Throws Error(kComm) when the store cannot be
// reached.
class Rendezvous {
 public:
  Rendezvous(const Endpoint& endpoint, int rank, int size, std::chrono::milliseconds timeout);
  ~Rendezvous();

  // A connection of its own to the same store, for a thread that may wait while another does too.
  std::shared_ptr<Rendezvous> connected_again() const;

  int rank() const { return rank_; }
  int size() const { return size_; }
  std::chrono::milliseconds timeout() const { return timeout_; }

  void set(const std::string& key, const std::string& value);
  // Waits for the key.
  std::string get(const std::string& key);
  // The value if it is there now.
  std::optional<std::string> peek(const std::string& key);
  // Stores `value` unless somebody was first; returns what is stored now.
  std::string first(const std::string& key, const std::string& value);
  // Adds to a number that begins at 0; returns what it is now.
  int64_t add(const std::string& key, int64_t more);
  // Everybody's value for `key`, by rank.
  std::vector<std::string> exchange(const std::string& key, const std::string& value);

  // The last that every process does with the store: returns when all have come here.
  void finish();

  const c10::intrusive_ptr<c10d::Store>& store() const { return store_; }
  // This machine's numeric address on the way to the store: where peers reach this process.
  const std::string& own_address() const { return own_address_; }

 private:
  int rank_, size_;
  std::chrono::milliseconds timeout_;
  std::string own_address_;
  c10::intrusive_ptr<c10d::Store> store_;
};

}  // namespace kinema::comm
