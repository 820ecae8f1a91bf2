// Counting and naming operations, whatever carries them.
#include "comm/communicator.h"

#include "base/error.h"

namespace kinema::comm {

void Communicator::observe(std::function<void(const Communicator&, const Operation&)> observer) {
  observer_ = std::move(observer);
}

Operation Communicator::begin(const char* name, int64_t bytes_out) {
  Operation operation{name, ++traffic_.operations, bytes_out};
  traffic_.bytes_out += bytes_out;
  if (observer_) observer_(*this, operation);
  return operation;
}

// Bytes are what a process must put on the wire if every piece goes straight to its reader.
at::Tensor Communicator::all_gather(const at::Tensor& part) {
  begin("all_gather", static_cast<int64_t>(part.nbytes()) * (size() - 1));
  return do_all_gather(part);
}

void Communicator::all_gather_into(const at::Tensor& part, at::Tensor& whole) {
  begin("all_gather", static_cast<int64_t>(part.nbytes()) * (size() - 1));
  do_all_gather_into(part, whole);
}

at::Tensor Communicator::all_to_all(const at::Tensor& rows) {
  begin("all_to_all", static_cast<int64_t>(rows.nbytes()) / size() * (size() - 1));
  return do_all_to_all(rows);
}

void Communicator::all_reduce_sum(at::Tensor& tensor) {
  begin("all_reduce", static_cast<int64_t>(tensor.nbytes()) * 2 * (size() - 1) / size());
  do_all_reduce_sum(tensor);
}

void Communicator::broadcast(at::Tensor& tensor, int root) {
  begin("broadcast", rank() == root ? static_cast<int64_t>(tensor.nbytes()) * (size() - 1) : 0);
  do_broadcast(tensor, root);
}

void Communicator::barrier() {
  begin("barrier", 0);
  do_barrier();
}

std::unique_ptr<Pending> Communicator::send(const at::Tensor& tensor, int to, int tag) {
  begin("send", static_cast<int64_t>(tensor.nbytes()));
  return do_send(tensor, to, tag);
}

std::unique_ptr<Pending> Communicator::receive(at::Tensor& tensor, int from, int tag) {
  begin("receive", 0);
  return do_receive(tensor, from, tag);
}

void Communicator::do_all_gather_into(const at::Tensor& part, at::Tensor& whole) {
  whole.view({-1}).copy_(do_all_gather(part).view({-1}));
}

at::Tensor LocalCommunicator::do_all_gather(const at::Tensor& part) { return part.unsqueeze(0); }

std::unique_ptr<Pending> LocalCommunicator::do_send(const at::Tensor&, int, int) {
  throw Error(ErrorKind::kInternal, group() + ": a group of one has nobody to send to");
}

std::unique_ptr<Pending> LocalCommunicator::do_receive(at::Tensor&, int, int) {
  throw Error(ErrorKind::kInternal, group() + ": a group of one has nobody to receive from");
}

}  // namespace kinema::comm
