// Gloo's operations with tensors laid out as it wants them.
#include "comm/gloo.h"

#include <algorithm>

#include <ATen/ops/empty.h>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>

#include "base/error.h"

namespace kinema::comm {
namespace {

using Work = c10::intrusive_ptr<c10d::Work>;

class GlooCommunicator : public Communicator {
 public:
  GlooCommunicator(Rendezvous& rendezvous, const std::string& name, int rank, int size)
      : Communicator(name), rank_(rank), size_(size) {
    auto options = c10d::ProcessGroupGloo::Options::create(rendezvous.timeout());
    options->devices.push_back(c10d::ProcessGroupGloo::createDeviceForHostname(
        rendezvous.host() == "127.0.0.1" ? "127.0.0.1" : std::string()));
    options->threads = 1;
    auto store = c10::make_intrusive<c10d::PrefixStore>("group/" + name, rendezvous.store());
    named("connect", [&] {
      backend_ = c10::make_intrusive<c10d::ProcessGroupGloo>(store, rank, size, options);
    });
  }

  int rank() const override { return rank_; }
  int size() const override { return size_; }

 private:
  // Runs `action`, turning c10d's multi-line traces into one sentence.
  template <typename Action>
  void named(const char* operation, Action&& action) const {
    try {
      action();
    } catch (const std::exception& error) {
      std::string what = error.what();
      throw Error(ErrorKind::kComm, group() + " " + operation + " #" +
                                        std::to_string(traffic().operations) + ": " +
                                        what.substr(0, what.find('\n')));
    }
  }

  class GlooPending : public Pending {
   public:
    GlooPending(const GlooCommunicator& owner, const char* operation, at::Tensor tensor, Work work)
        : owner_(owner),
          operation_(operation),
          tensor_(std::move(tensor)),
          work_(std::move(work)) {}
    void wait() override {
      owner_.named(operation_, [&] { work_->wait(); });
    }

   private:
    const GlooCommunicator& owner_;
    const char* operation_;
    at::Tensor tensor_;  // kept until the transfer is over
    Work work_;
  };

  at::Tensor do_all_gather(const at::Tensor& part) override {
    auto in = part.contiguous();
    auto shape = in.sizes().vec();
    shape.insert(shape.begin(), size_);
    auto out = at::empty(shape, in.options());
    auto flat = out.view({-1});
    auto source = in.view({-1});
    named("all_gather", [&] { backend_->_allgather_base(flat, source)->wait(); });
    return out;
  }

  void do_all_gather_into(const at::Tensor& part, at::Tensor& whole) override {
    if (!whole.is_cpu()) {
      whole.view({-1}).copy_(do_all_gather(part).view({-1}));
      return;
    }
    auto flat = whole.view({-1});
    auto source = part.contiguous().view({-1});
    named("all_gather", [&] { backend_->_allgather_base(flat, source)->wait(); });
  }

  at::Tensor do_all_to_all(const at::Tensor& rows) override {
    auto in = rows.contiguous();
    auto out = at::empty_like(in);
    std::vector<int64_t> even;
    named("all_to_all", [&] { backend_->alltoall_base(out, in, even, even)->wait(); });
    return out;
  }

  void do_all_reduce_sum(at::Tensor& tensor) override {
    std::vector<at::Tensor> tensors{tensor};
    named("all_reduce", [&] { backend_->allreduce(tensors)->wait(); });
  }

  void do_broadcast(at::Tensor& tensor, int root) override {
    std::vector<at::Tensor> tensors{tensor};
    c10d::BroadcastOptions options;
    options.rootRank = root;
    named("broadcast", [&] { backend_->broadcast(tensors, options)->wait(); });
  }

  void do_barrier() override {
    named("barrier", [&] { backend_->barrier()->wait(); });
  }

  std::unique_ptr<Pending> do_send(const at::Tensor& tensor, int to, int tag) override {
    std::vector<at::Tensor> tensors{tensor.contiguous()};
    Work work;
    named("send", [&] { work = backend_->send(tensors, to, tag); });
    return std::make_unique<GlooPending>(*this, "send", tensors[0], std::move(work));
  }

  std::unique_ptr<Pending> do_receive(at::Tensor& tensor, int from, int tag) override {
    std::vector<at::Tensor> tensors{tensor};
    Work work;
    named("receive", [&] { work = backend_->recv(tensors, from, tag); });
    return std::make_unique<GlooPending>(*this, "receive", tensor, std::move(work));
  }

  int rank_, size_;
  c10::intrusive_ptr<c10d::ProcessGroupGloo> backend_;
};

}  // namespace

std::unique_ptr<Communicator> gloo_group(Rendezvous& rendezvous,
                                         const std::string& name,
                                         const std::vector<int>& members) {
  auto own = std::find(members.begin(), members.end(), rendezvous.rank());
  if (own == members.end()) {
    throw Error(ErrorKind::kInternal, "rank " + std::to_string(rendezvous.rank()) +
                                          " is not a member of the group " + name);
  }
  if (members.size() == 1) return std::make_unique<LocalCommunicator>(name);
  // The first member makes the name unique among the groups of one axis.
  return std::make_unique<GlooCommunicator>(rendezvous, name + "/" + std::to_string(members[0]),
                                            static_cast<int>(own - members.begin()),
                                            static_cast<int>(members.size()));
}

}  // namespace kinema::comm
