// The three homes; blocks are read in order, so that the files are too.
#include "parallel/block_home.h"

#include <algorithm>
#include <atomic>
#include <utility>

namespace kinema::parallel {
namespace {

int64_t longest(const StreamUnits& units, int64_t parts) {
  int64_t most = 0;
  for (const auto& unit : *units) most = std::max(most, unit.layout.part_bytes(parts) * parts);
  return most;
}

// Part `index` of `parts` of every unit, in host memory.
struct KeptParts {
  KeptParts(const StreamUnits& units, int64_t index, int64_t parts) {
    for (const auto& unit : *units) {
      const int64_t bytes = unit.layout.part_bytes(parts);
      auto& kept = buffers.emplace_back(flat_buffer(bytes, at::kCPU));
      read += read_flat(unit, index * bytes, kept);
      total += bytes;
    }
  }
  std::vector<at::Tensor> buffers;
  int64_t total = 0;
  uint64_t read = 0;
};

class ShardHome : public BlockHome {
 public:
  ShardHome(StreamUnits units, std::shared_ptr<comm::Communicator> group)
      : group_(std::move(group)),
        kept_(units, group_->rank(), group_->size()),
        slot_bytes_(longest(units, group_->size())) {}

  void fetch(size_t index, at::Tensor& slot) override {
    const auto& mine = kept_.buffers[index];
    auto whole = slot.narrow(0, 0, mine.numel() * group_->size());
    group_->all_gather_into(mine.to(slot.device()), whole);
    sent_ += static_cast<uint64_t>(mine.numel() * (group_->size() - 1));
  }
  int64_t slot_bytes() const override { return slot_bytes_; }
  int64_t resident_bytes() const override { return kept_.total; }
  uint64_t bytes_read() const override { return kept_.read; }
  uint64_t bytes_sent() const override { return sent_; }
  std::string text() const override {
    return "shards of " + std::to_string(group_->size()) + " ranks";
  }

 private:
  std::shared_ptr<comm::Communicator> group_;
  KeptParts kept_;
  int64_t slot_bytes_;
  std::atomic<uint64_t> sent_ = 0;
};

class HostHome : public BlockHome {
 public:
  explicit HostHome(StreamUnits units) : kept_(units, 0, 1), slot_bytes_(longest(units, 1)) {}

  void fetch(size_t index, at::Tensor& slot) override {
    const auto& block = kept_.buffers[index];
    slot.narrow(0, 0, block.numel()).copy_(block);
  }
  int64_t slot_bytes() const override { return slot_bytes_; }
  int64_t resident_bytes() const override { return kept_.total; }
  uint64_t bytes_read() const override { return kept_.read; }
  std::string text() const override { return "host memory"; }

 private:
  KeptParts kept_;
  int64_t slot_bytes_;
};

class FileHome : public BlockHome {
 public:
  FileHome(StreamUnits units, at::Device device)
      : units_(std::move(units)), slot_bytes_(longest(units_, 1)) {
    if (!device.is_cpu()) staging_ = flat_buffer(slot_bytes_, at::kCPU);
  }

  void fetch(size_t index, at::Tensor& slot) override {
    const auto& unit = (*units_)[index];
    auto block = slot.narrow(0, 0, unit.layout.bytes());
    auto target = staging_.defined() ? staging_.narrow(0, 0, block.numel()) : block;
    read_ += read_flat(unit, 0, target);
    if (staging_.defined()) block.copy_(target);
  }
  int64_t slot_bytes() const override { return slot_bytes_; }
  int64_t resident_bytes() const override { return staging_.defined() ? staging_.numel() : 0; }
  uint64_t bytes_read() const override { return read_; }
  std::string text() const override { return "the files"; }

 private:
  StreamUnits units_;
  int64_t slot_bytes_;
  at::Tensor staging_;
  std::atomic<uint64_t> read_ = 0;
};

}  // namespace

std::unique_ptr<BlockHome> shard_home(StreamUnits units,
                                      std::shared_ptr<comm::Communicator> group) {
  return std::make_unique<ShardHome>(std::move(units), std::move(group));
}

std::unique_ptr<BlockHome> host_home(StreamUnits units) {
  return std::make_unique<HostHome>(std::move(units));
}

std::unique_ptr<BlockHome> file_home(StreamUnits units, at::Device device) {
  return std::make_unique<FileHome>(std::move(units), device);
}

}  // namespace kinema::parallel
