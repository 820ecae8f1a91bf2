// What processes that work on one video say to each other: a handful of collectives over one group.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include <ATen/core/Tensor.h>

namespace kinema::comm {

// One operation as it is about to run: for heartbeats, counters and messages.
struct Operation {
  const char* name;   // "all_to_all"
  int64_t sequence;   // number within its group, from 1
  int64_t bytes_out;  // what this process sends
};

// What a group has sent so far.
struct Traffic {
  int64_t operations = 0;
  int64_t bytes_out = 0;
};

// What is told of an operation: it is started without being waited for yet, the process waits in it
// for its peers, or it goes on.
enum class Moment { kStarts, kWaits, kGoesOn };

// An operation under way; its tensors are kept alive until wait() returned. wait() throws
// Error(kComm).
class Pending {
 public:
  virtual ~Pending() = default;
  virtual void wait() = 0;
};

// All members of a group call the same operations in the same order with equal sizes. Not for
// concurrent use. Failures are Error(kComm) naming group, operation and sequence number.
class Communicator {
 public:
  explicit Communicator(std::string group) : group_(std::move(group)) {}
  virtual ~Communicator() = default;
  Communicator(const Communicator&) = delete;
  Communicator& operator=(const Communicator&) = delete;

  virtual int rank() const = 0;  // place within the group, from 0
  virtual int size() const = 0;
  // Whether operations on a GPU's tensors are only queued, so that the host does not wait for them.
  virtual bool queues_on_device() const { return false; }
  const std::string& group() const { return group_; }
  const Traffic& traffic() const { return traffic_; }

  // [...] -> [size, ...], in rank order.
  at::Tensor all_gather(const at::Tensor& part);
  // The same into `whole`, contiguous and with size() times the part's elements.
  void all_gather_into(const at::Tensor& part, at::Tensor& whole);
  // Row r of [size, ...] goes to rank r; row r of the result came from rank r.
  at::Tensor all_to_all(const at::Tensor& rows);
  // The same into `got`, contiguous and of the rows' sizes.
  void all_to_all_into(const at::Tensor& rows, at::Tensor& got);
  // Sums in place.
  void all_reduce_sum(at::Tensor& tensor);
  // Overwrites `tensor` everywhere with the root's.
  void broadcast(at::Tensor& tensor, int root);
  // Returns when everybody has called it.
  void barrier();
  // Starts sending to `to`; `tag` tells messages between the same two apart.
  std::unique_ptr<Pending> send(const at::Tensor& tensor, int to, int tag);
  // Starts receiving into `tensor` (contiguous) from `from`.
  std::unique_ptr<Pending> receive(at::Tensor& tensor, int from, int tag);
  // Starts both at once: where everybody sends before receiving, GPUs would wait for each other.
  std::unique_ptr<Pending> exchange(
      const at::Tensor& out, int to, at::Tensor& in, int from, int tag);

  // Called around every operation, and for what is only started then and around its wait().
  using Observer = std::function<void(const Communicator&, const Operation&, Moment)>;
  void observe(Observer observer);

 private:
  virtual at::Tensor do_all_gather(const at::Tensor& part) = 0;
  virtual void do_all_gather_into(const at::Tensor& part, at::Tensor& whole);
  virtual at::Tensor do_all_to_all(const at::Tensor& rows) = 0;
  virtual void do_all_to_all_into(const at::Tensor& rows, at::Tensor& got);
  virtual void do_all_reduce_sum(at::Tensor& tensor) = 0;
  virtual void do_broadcast(at::Tensor& tensor, int root) = 0;
  virtual void do_barrier() = 0;
  virtual std::unique_ptr<Pending> do_send(const at::Tensor& tensor, int to, int tag) = 0;
  virtual std::unique_ptr<Pending> do_receive(at::Tensor& tensor, int from, int tag) = 0;
  // One after the other, unless overridden.
  virtual std::unique_ptr<Pending> do_exchange(
      const at::Tensor& out, int to, at::Tensor& in, int from, int tag);

  class Waiting;
  class ObservedPending;
  Operation counted(const char* name, int64_t bytes_out);
  void tell(const Operation& operation, Moment moment) const;
  std::unique_ptr<Pending> observed(const Operation& operation, std::unique_ptr<Pending> pending);

  std::string group_;
  Traffic traffic_;
  Observer observer_;
};

// A group of one: every operation is the identity.
class LocalCommunicator : public Communicator {
 public:
  using Communicator::Communicator;
  int rank() const override { return 0; }
  int size() const override { return 1; }

 private:
  at::Tensor do_all_gather(const at::Tensor& part) override;
  at::Tensor do_all_to_all(const at::Tensor& rows) override { return rows; }
  void do_all_reduce_sum(at::Tensor&) override {}
  void do_broadcast(at::Tensor&, int) override {}
  void do_barrier() override {}
  std::unique_ptr<Pending> do_send(const at::Tensor&, int, int) override;
  std::unique_ptr<Pending> do_receive(at::Tensor&, int, int) override;
};

}  // namespace kinema::comm
