// The homes: shards, host memory, files.
#include "parallel/block_home.h"

#include <atomic>
#include <optional>
#include <utility>

#include "comm/nccl.h"
#include "parallel/kept_parts.h"
#include "parallel/staged_reader.h"

namespace kinema::parallel {
namespace {

class ShardHome : public BlockHome {
 public:
  ShardHome(StreamUnits units, std::shared_ptr<comm::Communicator> group, const Sharding& sharding)
      : group_(std::move(group)),
        sharding_(sharding),
        kept_(kept(units, *group_, sharding)),
        slot_bytes_(longest_block(units, group_->size())) {
    for (const auto& unit : *units) part_bytes_.push_back(unit.layout.part_bytes(group_->size()));
  }

  void fetch(size_t index, at::Tensor& slot) override {
    const int64_t bytes = part_bytes_[index];
    auto whole = slot.narrow(0, 0, bytes * group_->size());
    auto part = kept_.whole(index);
    if (!part.defined() || part.device() != slot.device()) {
      // To its place in the block: the gather leaves it there.
      part = whole.narrow(0, group_->rank() * bytes, bytes);
      kept_.copy(index, part);
    }
    group_->all_gather_into(part, whole);
    sent_ += static_cast<uint64_t>(bytes * (group_->size() - 1));
  }
  bool keeps_host() const override {
    return sharding_.device.is_cpu() || !comm::queues_on_device(*group_);
  }
  int64_t slot_bytes() const override { return slot_bytes_; }
  int64_t resident_bytes() const override { return kept_.bytes(); }
  uint64_t bytes_read() const override { return kept_.bytes_read(); }
  uint64_t bytes_sent() const override { return sent_; }
  std::string text() const override {
    const auto shards = "shards of " + std::to_string(group_->size()) + " ranks";
    return sharding_.memory == Sharding::Memory::kHost ? "host memory, " + shards : shards;
  }

 private:
  static KeptParts kept(const StreamUnits& units,
                        const comm::Communicator& group,
                        const Sharding& sharding) {
    const PartOf part{group.rank(), group.size()};
    return sharding.memory == Sharding::Memory::kHost
               ? KeptParts::in_host_memory(units, part, sharding.device, sharding.page)
               : KeptParts::on_device(units, part, sharding.device);
  }

  std::shared_ptr<comm::Communicator> group_;
  Sharding sharding_;
  KeptParts kept_;
  int64_t slot_bytes_;
  std::vector<int64_t> part_bytes_;
  std::atomic<uint64_t> sent_ = 0;
};

class HostHome : public BlockHome {
 public:
  HostHome(const StreamUnits& units, at::Device device, int64_t page)
      : device_(device),
        kept_(KeptParts::in_host_memory(units, {}, device, page)),
        slot_bytes_(longest_block(units, 1)) {
    for (const auto& unit : *units) bytes_.push_back(unit.layout.bytes());
  }

  void fetch(size_t index, at::Tensor& slot) override {
    kept_.copy(index, slot.narrow(0, 0, bytes_[index]));
  }
  bool keeps_host() const override { return device_.is_cpu(); }
  int64_t slot_bytes() const override { return slot_bytes_; }
  int64_t resident_bytes() const override { return kept_.bytes(); }
  uint64_t bytes_read() const override { return kept_.bytes_read(); }
  std::string text() const override { return "host memory"; }

 private:
  at::Device device_;
  KeptParts kept_;
  int64_t slot_bytes_;
  std::vector<int64_t> bytes_;
};

class FileHome : public BlockHome {
 public:
  FileHome(StreamUnits units, at::Device device)
      : units_(std::move(units)), slot_bytes_(longest_block(units_, 1)) {
    if (!device.is_cpu()) staged_.emplace(weights::upload_queue(device));
  }

  void fetch(size_t index, at::Tensor& slot) override {
    const auto& unit = (*units_)[index];
    const auto block = slot.narrow(0, 0, unit.layout.bytes());
    read_ += staged_ ? staged_->read(unit, 0, block) : read_flat(unit, 0, block);
  }
  bool keeps_host() const override { return true; }
  int64_t slot_bytes() const override { return slot_bytes_; }
  int64_t resident_bytes() const override { return staged_ ? staged_->bytes() : 0; }
  uint64_t bytes_read() const override { return read_; }
  std::string text() const override { return "the files"; }

 private:
  StreamUnits units_;
  int64_t slot_bytes_;
  std::optional<StagedReader> staged_;
  std::atomic<uint64_t> read_ = 0;
};

}  // namespace

std::unique_ptr<BlockHome> shard_home(StreamUnits units,
                                      std::shared_ptr<comm::Communicator> group,
                                      const Sharding& sharding) {
  return std::make_unique<ShardHome>(std::move(units), std::move(group), sharding);
}

std::unique_ptr<BlockHome> host_home(StreamUnits units, at::Device device, int64_t page) {
  return std::make_unique<HostHome>(units, device, page);
}

std::unique_ptr<BlockHome> file_home(StreamUnits units, at::Device device) {
  return std::make_unique<FileHome>(std::move(units), device);
}

}  // namespace kinema::parallel
