// Counting and naming operations, whatever carries them.
#include "comm/communicator.h"

#include "base/error.h"

namespace kinema::comm {

// From construction to destruction this process waits.
class Communicator::Waiting {
 public:
  Waiting(const Communicator& owner, const Operation& operation)
      : owner_(owner), operation_(operation) {
    owner_.tell(operation_, Moment::kWaits);
  }
  ~Waiting() { owner_.tell(operation_, Moment::kGoesOn); }
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;

 private:
  const Communicator& owner_;
  const Operation operation_;
};

class Communicator::ObservedPending : public Pending {
 public:
  ObservedPending(const Communicator& owner,
                  const Operation& operation,
                  std::unique_ptr<Pending> pending)
      : owner_(owner), operation_(operation), pending_(std::move(pending)) {}
  void wait() override {
    const Waiting waiting(owner_, operation_);
    pending_->wait();
  }

 private:
  const Communicator& owner_;
  const Operation operation_;
  std::unique_ptr<Pending> pending_;
};

void Communicator::observe(Observer observer) { observer_ = std::move(observer); }

Operation Communicator::counted(const char* name, int64_t bytes_out) {
  traffic_.bytes_out += bytes_out;
  return {name, ++traffic_.operations, bytes_out};
}

void Communicator::tell(const Operation& operation, Moment moment) const {
  if (observer_) observer_(*this, operation, moment);
}

std::unique_ptr<Pending> Communicator::observed(const Operation& operation,
                                                std::unique_ptr<Pending> pending) {
  if (!observer_) return pending;
  return std::make_unique<ObservedPending>(*this, operation, std::move(pending));
}

// Bytes are what a process must put on the wire if every piece goes straight to its reader.
at::Tensor Communicator::all_gather(const at::Tensor& part) {
  const Waiting waiting(*this,
                        counted("all_gather", static_cast<int64_t>(part.nbytes()) * (size() - 1)));
  return do_all_gather(part);
}

void Communicator::all_gather_into(const at::Tensor& part, at::Tensor& whole) {
  const Waiting waiting(*this,
                        counted("all_gather", static_cast<int64_t>(part.nbytes()) * (size() - 1)));
  do_all_gather_into(part, whole);
}

at::Tensor Communicator::all_to_all(const at::Tensor& rows) {
  const Waiting waiting(
      *this, counted("all_to_all", static_cast<int64_t>(rows.nbytes()) / size() * (size() - 1)));
  return do_all_to_all(rows);
}

void Communicator::all_to_all_into(const at::Tensor& rows, at::Tensor& got) {
  const Waiting waiting(
      *this, counted("all_to_all", static_cast<int64_t>(rows.nbytes()) / size() * (size() - 1)));
  do_all_to_all_into(rows, got);
}

void Communicator::all_reduce_sum(at::Tensor& tensor) {
  const Waiting waiting(*this, counted("all_reduce", static_cast<int64_t>(tensor.nbytes()) * 2 *
                                                         (size() - 1) / size()));
  do_all_reduce_sum(tensor);
}

void Communicator::broadcast(at::Tensor& tensor, int root) {
  const auto bytes = rank() == root ? static_cast<int64_t>(tensor.nbytes()) * (size() - 1) : 0;
  const Waiting waiting(*this, counted("broadcast", bytes));
  do_broadcast(tensor, root);
}

void Communicator::barrier() {
  const Waiting waiting(*this, counted("barrier", 0));
  do_barrier();
}

std::unique_ptr<Pending> Communicator::send(const at::Tensor& tensor, int to, int tag) {
  const auto operation = counted("send", static_cast<int64_t>(tensor.nbytes()));
  tell(operation, Moment::kStarts);
  return observed(operation, do_send(tensor, to, tag));
}

std::unique_ptr<Pending> Communicator::receive(at::Tensor& tensor, int from, int tag) {
  const auto operation = counted("receive", 0);
  tell(operation, Moment::kStarts);
  return observed(operation, do_receive(tensor, from, tag));
}

std::unique_ptr<Pending> Communicator::exchange(
    const at::Tensor& out, int to, at::Tensor& in, int from, int tag) {
  const auto operation = counted("exchange", static_cast<int64_t>(out.nbytes()));
  tell(operation, Moment::kStarts);
  return observed(operation, do_exchange(out, to, in, from, tag));
}

namespace {

struct BothPending : Pending {
  std::unique_ptr<Pending> sent, received;
  void wait() override {
    received->wait();
    sent->wait();
  }
};

}  // namespace

std::unique_ptr<Pending> Communicator::do_exchange(
    const at::Tensor& out, int to, at::Tensor& in, int from, int tag) {
  auto both = std::make_unique<BothPending>();
  both->sent = do_send(out, to, tag);
  both->received = do_receive(in, from, tag);
  return both;
}

void Communicator::do_all_gather_into(const at::Tensor& part, at::Tensor& whole) {
  whole.view({-1}).copy_(do_all_gather(part).view({-1}));
}

void Communicator::do_all_to_all_into(const at::Tensor& rows, at::Tensor& got) {
  got.copy_(do_all_to_all(rows));
}

at::Tensor LocalCommunicator::do_all_gather(const at::Tensor& part) { return part.unsqueeze(0); }

std::unique_ptr<Pending> LocalCommunicator::do_send(const at::Tensor&, int, int) {
  throw Error(ErrorKind::kInternal, group() + ": a group of one has nobody to send to");
}

std::unique_ptr<Pending> LocalCommunicator::do_receive(at::Tensor&, int, int) {
  throw Error(ErrorKind::kInternal, group() + ": a group of one has nobody to receive from");
}

}  // namespace kinema::comm
