// The NCCL module's part, played: a channel that is met tells how it was split.
#include <stdexcept>

#include "comm/nccl_backend.h"

namespace {

using namespace kinema::comm;

class PlayedChannel : public NcclChannel {
 public:
  explicit PlayedChannel(std::string text) : text_(std::move(text)) {}
  void all_gather(const std::string&, const at::Tensor&, const at::Tensor&) override {}
  void all_to_all(const std::string&, const at::Tensor&, const at::Tensor&) override {}
  void all_reduce_sum(const std::string&, const at::Tensor&) override {}
  void broadcast(const std::string&, const at::Tensor&, int) override {}
  std::unique_ptr<NcclTransfer> pass(const std::string&, std::vector<NcclMessage>) override {
    return nullptr;
  }
  void meet(const std::string&) override { throw std::runtime_error(text_); }

 private:
  std::string text_;
};

class PlayedDevice : public NcclDevice {
 public:
  std::string new_run() override { return "a run"; }
  void join(const std::string& run, int rank, int size) override {
    run_ = run + " of " + std::to_string(size) + " as " + std::to_string(rank);
  }
  std::unique_ptr<NcclChannel> split(const Part& part) override {
    ++splits_;
    if (part.colour == kNoGroup) return nullptr;
    return std::make_unique<PlayedChannel>(
        run_ + ", split " + std::to_string(splits_) + ": colour " + std::to_string(part.colour) +
        " place " + std::to_string(part.place) + " of " + std::to_string(part.size) +
        (part.use == NcclUse::kGatherAhead ? " ahead" : ""));
  }

 private:
  std::string run_;
  int splits_ = 0;
};

}  // namespace

extern "C" __attribute__((visibility("default"))) std::unique_ptr<NcclDevice> kinema_nccl_open(
    const NcclSettings&) {
  return std::make_unique<PlayedDevice>();
}
