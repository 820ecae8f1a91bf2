// Names, counts and host tensors here; everything that touches CUDA is behind nccl_backend.h.
#include "comm/nccl.h"

#include <algorithm>
#include <utility>

#include <ATen/ops/empty.h>

#include "base/plugin.h"
#include "comm/gloo.h"
#include "comm/nccl_backend.h"

namespace kinema::comm {
namespace {

constexpr const char* kModuleName = "libkinema_nccl.so";
constexpr const char* kRunKey = "nccl/run";

// Runs `action`, giving its failure the kind and the name of what was done.
template <typename Action>
auto named(const std::string& what, Action&& action) {
  try {
    return action();
  } catch (const Error&) {
    throw;
  } catch (const std::exception& error) {
    const std::string text = error.what();
    throw Error(ErrorKind::kComm, what + ": " + text.substr(0, text.find('\n')));
  }
}

class NcclPending : public Pending {
 public:
  NcclPending(std::string label, std::unique_ptr<NcclTransfer> transfer)
      : label_(std::move(label)), transfer_(std::move(transfer)) {}
  void wait() override {
    named(label_, [&] { transfer_->wait(); });
  }

 private:
  std::string label_;
  std::unique_ptr<NcclTransfer> transfer_;
};

class NcclCommunicator : public Communicator {
 public:
  using HostGroup = std::function<std::unique_ptr<Communicator>()>;

  NcclCommunicator(const std::string& name,
                   int rank,
                   int size,
                   std::shared_ptr<NcclChannel> channel,
                   HostGroup make_host_group)
      : Communicator(name),
        rank_(rank),
        size_(size),
        channel_(std::move(channel)),
        make_host_group_(std::move(make_host_group)) {}

  int rank() const override { return rank_; }
  int size() const override { return size_; }
  bool queues_on_device() const override { return true; }

 private:
  std::string label(const char* operation) const {
    return group() + " " + operation + " #" + std::to_string(traffic().operations);
  }

  template <typename Action>
  auto run(const char* operation, Action&& action) const {
    const auto text = label(operation);
    return named(text, [&] { return action(text); });
  }

  // All members meet here at their first operation on a host tensor.
  Communicator& host() {
    if (!host_) host_ = make_host_group_();
    return *host_;
  }

  at::Tensor do_all_gather(const at::Tensor& part) override {
    if (part.is_cpu()) return host().all_gather(part);
    const auto in = part.contiguous();
    auto shape = in.sizes().vec();
    shape.insert(shape.begin(), size_);
    auto out = at::empty(shape, in.options());
    run("all_gather", [&](const std::string& text) { channel_->all_gather(text, in, out); });
    return out;
  }

  void do_all_gather_into(const at::Tensor& part, at::Tensor& whole) override {
    if (part.is_cpu()) return host().all_gather_into(part, whole);
    const auto in = part.contiguous();
    run("all_gather", [&](const std::string& text) { channel_->all_gather(text, in, whole); });
  }

  at::Tensor do_all_to_all(const at::Tensor& rows) override {
    if (rows.is_cpu()) return host().all_to_all(rows);
    const auto in = rows.contiguous();
    auto out = at::empty(in.sizes(), in.options());
    run("all_to_all", [&](const std::string& text) { channel_->all_to_all(text, in, out); });
    return out;
  }

  void do_all_to_all_into(const at::Tensor& rows, at::Tensor& got) override {
    if (rows.is_cpu()) return host().all_to_all_into(rows, got);
    const auto in = rows.contiguous();
    run("all_to_all", [&](const std::string& text) { channel_->all_to_all(text, in, got); });
  }

  void do_all_reduce_sum(at::Tensor& tensor) override {
    if (tensor.is_cpu()) return host().all_reduce_sum(tensor);
    run("all_reduce", [&](const std::string& text) { channel_->all_reduce_sum(text, tensor); });
  }

  void do_broadcast(at::Tensor& tensor, int root) override {
    if (tensor.is_cpu()) return host().broadcast(tensor, root);
    run("broadcast", [&](const std::string& text) { channel_->broadcast(text, tensor, root); });
  }

  void do_barrier() override {
    run("barrier", [&](const std::string& text) { channel_->meet(text); });
  }

  std::unique_ptr<Pending> do_send(const at::Tensor& tensor, int to, int tag) override {
    if (tensor.is_cpu()) return host().send(tensor, to, tag);
    return pass("send", {{NcclMessage::Way::kSend, tensor.contiguous(), to}});
  }

  std::unique_ptr<Pending> do_receive(at::Tensor& tensor, int from, int tag) override {
    if (tensor.is_cpu()) return host().receive(tensor, from, tag);
    return pass("receive", {{NcclMessage::Way::kReceive, tensor, from}});
  }

  std::unique_ptr<Pending> do_exchange(
      const at::Tensor& out, int to, at::Tensor& in, int from, int tag) override {
    if (out.is_cpu()) return host().exchange(out, to, in, from, tag);
    return pass("exchange", {{NcclMessage::Way::kSend, out.contiguous(), to},
                             {NcclMessage::Way::kReceive, in, from}});
  }

  std::unique_ptr<Pending> pass(const char* operation, std::vector<NcclMessage> messages) {
    return run(operation, [&](const std::string& text) -> std::unique_ptr<Pending> {
      return std::make_unique<NcclPending>(text, channel_->pass(text, std::move(messages)));
    });
  }

  int rank_, size_;
  std::shared_ptr<NcclChannel> channel_;
  HostGroup make_host_group_;
  std::unique_ptr<Communicator> host_;
};

NcclOpen opened(const std::filesystem::path& module) {
  return reinterpret_cast<NcclOpen>(plugin_symbol(module, "kinema_nccl_open", "-DKINEMA_NCCL=ON"));
}

int place_of(int rank, const std::vector<int>& members, const std::string& name) {
  const auto own = std::find(members.begin(), members.end(), rank);
  if (own == members.end()) {
    throw Error(ErrorKind::kInternal,
                "rank " + std::to_string(rank) + " is not a member of the group " + name);
  }
  return static_cast<int>(own - members.begin());
}

NcclUse use_of(const std::string& group) {
  return group == kGatherAheadGroup ? NcclUse::kGatherAhead : NcclUse::kExchange;
}

}  // namespace

std::filesystem::path nccl_module() { return beside_program(kModuleName); }

Nccl::Nccl(Rendezvous& rendezvous,
           at::Device device,
           OnFailure on_failure,
           const std::filesystem::path& module)
    : rendezvous_(rendezvous) {
  NcclSettings settings;
  settings.device = device.index();
  settings.deadline = rendezvous.timeout();
  settings.on_failure = [on_failure = std::move(on_failure)](const std::string& reason) {
    if (on_failure) on_failure(Error(ErrorKind::kComm, reason));
  };
  const auto open = opened(module);
  named("NCCL on cuda:" + std::to_string(device.index()), [&] {
    device_ = open(settings);
    if (rendezvous.rank() == 0) rendezvous.set(kRunKey, device_->new_run());
    device_->join(rendezvous.get(kRunKey), rendezvous.rank(), rendezvous.size());
  });
}

Nccl::~Nccl() = default;

std::unique_ptr<Communicator> Nccl::group(const std::string& name,
                                          const std::vector<int>& members) {
  const int rank = place_of(rendezvous_.rank(), members, name);
  const int size = static_cast<int>(members.size());
  auto split = named("NCCL group " + name, [&] {
    return device_->split({members[0], rank, size, use_of(name)});
  });
  // The channel's own deleter keeps the device until the last group is gone.
  std::shared_ptr<NcclChannel> channel(split.release(),
                                       [device = device_](NcclChannel* gone) { delete gone; });
  return std::make_unique<NcclCommunicator>(
      // As gloo_group names its groups.
      name + "/" + std::to_string(members[0]), rank, size, std::move(channel),
      [&rendezvous = rendezvous_, name, members] {
        return gloo_group(rendezvous, name + "/host", members);
      });
}

void Nccl::no_group(const std::string& name) {
  named("NCCL without a group " + name, [&] { return device_->split({}); });
}

std::unique_ptr<Communicator> nccl_group(Nccl& nccl,
                                         const std::string& name,
                                         const std::vector<int>& members) {
  if (members.size() > 1) return nccl.group(name, members);
  nccl.no_group(name);
  return std::make_unique<LocalCommunicator>(name);
}

}  // namespace kinema::comm
