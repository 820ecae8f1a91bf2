// Each member publishes "operation shape dtype" under the group's next number and reads the
// others'.
#include "comm/checked.h"

#include <sstream>

#include <ATen/core/Formatting.h>

#include "base/error.h"

namespace kinema::comm {
namespace {

std::string described(const char* operation, const at::Tensor& tensor, int root) {
  std::ostringstream text;
  text << operation << ' ' << tensor.sizes() << ' ' << tensor.dtype().name();
  if (root >= 0) text << " from " << root;
  return text.str();
}

class CheckedCommunicator : public Communicator {
 public:
  CheckedCommunicator(std::unique_ptr<Communicator> inner,
                      std::shared_ptr<Rendezvous> rendezvous,
                      std::vector<int> members)
      : Communicator(inner->group()),
        inner_(std::move(inner)),
        rendezvous_(std::move(rendezvous)),
        members_(std::move(members)) {}

  int rank() const override { return inner_->rank(); }
  int size() const override { return inner_->size(); }
  bool queues_on_device() const override { return inner_->queues_on_device(); }

 private:
  void compare(const std::string& mine) {
    const auto key = "check/" + group() + "/" + std::to_string(++number_) + "/";
    rendezvous_->set(key + std::to_string(rank()), mine);
    for (int other = 0; other < size(); ++other) {
      auto theirs = rendezvous_->get(key + std::to_string(other));
      if (theirs == mine) continue;
      throw Error(ErrorKind::kComm, group() + " #" + std::to_string(number_) + ": rank " +
                                        std::to_string(members_[static_cast<size_t>(rank())]) +
                                        " runs " + mine + ", but rank " +
                                        std::to_string(members_[static_cast<size_t>(other)]) +
                                        " runs " + theirs);
    }
  }

  at::Tensor do_all_gather(const at::Tensor& part) override {
    compare(described("all_gather", part, -1));
    return inner_->all_gather(part);
  }
  void do_all_gather_into(const at::Tensor& part, at::Tensor& whole) override {
    compare(described("all_gather", part, -1));
    inner_->all_gather_into(part, whole);
  }
  at::Tensor do_all_to_all(const at::Tensor& rows) override {
    compare(described("all_to_all", rows, -1));
    return inner_->all_to_all(rows);
  }
  void do_all_to_all_into(const at::Tensor& rows, at::Tensor& got) override {
    compare(described("all_to_all", rows, -1));
    inner_->all_to_all_into(rows, got);
  }
  void do_all_reduce_sum(at::Tensor& tensor) override {
    compare(described("all_reduce", tensor, -1));
    inner_->all_reduce_sum(tensor);
  }
  void do_broadcast(at::Tensor& tensor, int root) override {
    compare(described("broadcast", tensor, root));
    inner_->broadcast(tensor, root);
  }
  void do_barrier() override {
    compare("barrier");
    inner_->barrier();
  }
  // Point-to-point messages involve two members only, so there is nothing for the group to compare.
  std::unique_ptr<Pending> do_send(const at::Tensor& tensor, int to, int tag) override {
    return inner_->send(tensor, to, tag);
  }
  std::unique_ptr<Pending> do_receive(at::Tensor& tensor, int from, int tag) override {
    return inner_->receive(tensor, from, tag);
  }
  std::unique_ptr<Pending> do_exchange(
      const at::Tensor& out, int to, at::Tensor& in, int from, int tag) override {
    return inner_->exchange(out, to, in, from, tag);
  }

  std::unique_ptr<Communicator> inner_;
  std::shared_ptr<Rendezvous> rendezvous_;
  std::vector<int> members_;
  int64_t number_ = 0;
};

}  // namespace

std::unique_ptr<Communicator> checked(std::unique_ptr<Communicator> inner,
                                      std::shared_ptr<Rendezvous> rendezvous,
                                      std::vector<int> members) {
  if (inner->size() == 1) return inner;
  return std::make_unique<CheckedCommunicator>(std::move(inner), std::move(rendezvous),
                                               std::move(members));
}

}  // namespace kinema::comm
