// Gloo's operations with tensors laid out as it wants them: contiguous and in host memory, where a
// GPU's tensors are copied to and from (its send and receive take no others).
#include "comm/gloo.h"

#include <algorithm>
#include <cstdlib>

#include <ATen/ops/empty.h>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>

#include "base/error.h"

namespace kinema::comm {
namespace {

using Work = c10::intrusive_ptr<c10d::Work>;

// The tensor itself if it is there already.
at::Tensor in_host_memory(const at::Tensor& tensor) { return tensor.to(at::kCPU).contiguous(); }

// The network is the one that leads to the store, unless the variable that others know names one.
std::shared_ptr<gloo::transport::Device> device(const Rendezvous& rendezvous) {
  if (const char* interface = std::getenv("GLOO_SOCKET_IFNAME"))
    return c10d::ProcessGroupGloo::createDeviceForInterface(interface);
  return c10d::ProcessGroupGloo::createDeviceForHostname(rendezvous.own_address());
}

class GlooCommunicator : public Communicator {
 public:
  GlooCommunicator(Rendezvous& rendezvous, const std::string& name, int rank, int size)
      : Communicator(name), rank_(rank), size_(size) {
    auto options = c10d::ProcessGroupGloo::Options::create(rendezvous.timeout());
    options->devices.push_back(device(rendezvous));
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
    // `target` is where what arrives in `travelling` goes; undefined if that is where it is wanted.
    GlooPending(const GlooCommunicator& owner,
                const char* operation,
                at::Tensor travelling,
                at::Tensor target,
                Work work)
        : owner_(owner),
          operation_(operation),
          travelling_(std::move(travelling)),
          target_(std::move(target)),
          work_(std::move(work)) {}
    void wait() override {
      owner_.named(operation_, [&] { work_->wait(); });
      if (target_.defined()) target_.copy_(travelling_);
      target_ = at::Tensor();
    }

   private:
    const GlooCommunicator& owner_;
    const char* operation_;
    at::Tensor travelling_, target_;  // kept until the transfer is over
    Work work_;
  };

  // Calls `action` with the tensor in host memory and puts what it has become back.
  template <typename Action>
  static void in_place(at::Tensor& tensor, Action&& action) {
    std::vector<at::Tensor> tensors{tensor.to(at::kCPU)};
    action(tensors);
    if (!tensor.is_cpu()) tensor.copy_(tensors[0]);
  }

  at::Tensor do_all_gather(const at::Tensor& part) override {
    auto in = in_host_memory(part);
    auto shape = in.sizes().vec();
    shape.insert(shape.begin(), size_);
    auto out = at::empty(shape, in.options());
    auto flat = out.view({-1});
    auto source = in.view({-1});
    named("all_gather", [&] { backend_->_allgather_base(flat, source)->wait(); });
    return out.to(part.device());
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
    auto in = in_host_memory(rows);
    auto out = at::empty_like(in);
    std::vector<int64_t> even;
    named("all_to_all", [&] { backend_->alltoall_base(out, in, even, even)->wait(); });
    return out.to(rows.device());
  }

  void do_all_to_all_into(const at::Tensor& rows, at::Tensor& got) override {
    if (!got.is_cpu()) {
      got.copy_(do_all_to_all(rows));
      return;
    }
    auto in = rows.contiguous();
    std::vector<int64_t> even;
    named("all_to_all", [&] { backend_->alltoall_base(got, in, even, even)->wait(); });
  }

  void do_all_reduce_sum(at::Tensor& tensor) override {
    in_place(tensor, [&](std::vector<at::Tensor>& tensors) {
      named("all_reduce", [&] { backend_->allreduce(tensors)->wait(); });
    });
  }

  void do_broadcast(at::Tensor& tensor, int root) override {
    c10d::BroadcastOptions options;
    options.rootRank = root;
    in_place(tensor, [&](std::vector<at::Tensor>& tensors) {
      named("broadcast", [&] { backend_->broadcast(tensors, options)->wait(); });
    });
  }

  void do_barrier() override {
    named("barrier", [&] { backend_->barrier()->wait(); });
  }

  std::unique_ptr<Pending> do_send(const at::Tensor& tensor, int to, int tag) override {
    std::vector<at::Tensor> tensors{in_host_memory(tensor)};
    Work work;
    named("send", [&] { work = backend_->send(tensors, to, tag); });
    return std::make_unique<GlooPending>(*this, "send", tensors[0], at::Tensor(), std::move(work));
  }

  std::unique_ptr<Pending> do_receive(at::Tensor& tensor, int from, int tag) override {
    const bool here = tensor.is_cpu();
    std::vector<at::Tensor> tensors{
        here ? tensor : at::empty(tensor.sizes(), tensor.options().device(at::kCPU))};
    Work work;
    named("receive", [&] { work = backend_->recv(tensors, from, tag); });
    return std::make_unique<GlooPending>(*this, "receive", tensors[0], here ? at::Tensor() : tensor,
                                         std::move(work));
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
