// The homes: shards, host memory, files.
#include "parallel/block_home.h"

#include <atomic>
#include <exception>
#include <optional>
#include <utility>
#include <vector>

#include "base/log.h"
#include "parallel/kept_parts.h"
#include "parallel/peer_parts.h"
#include "tensor/device.h"
#include "weights/upload_ring.h"

namespace kinema::parallel {
namespace {

// Parts are gathered by messages or, where open() finds that ranks can, copied from each other's
// memory, for which the host only says what to copy.
class ShardHome : public BlockHome {
 public:
  ShardHome(const StreamUnits& units,
            std::shared_ptr<comm::Communicator> group,
            KeptParts kept,
            const Sharding& sharding)
      : group_(std::move(group)),
        kept_(std::move(kept)),
        sharding_(sharding),
        slot_bytes_(longest_block(units, group_->size())) {
    for (const auto& unit : *units) part_bytes_.push_back(unit.layout.part_bytes(group_->size()));
  }

  // Nobody's memory goes while a peer may still read it. After an error nobody waits for anybody.
  ~ShardHome() override {
    if (!in_place() || std::uncaught_exceptions() > errors_before_) return;
    try {
      tensor::synchronize(kept_.all().device());
      group_->barrier();
    } catch (const std::exception& error) {
      log_verbose(std::string("leaving shards of peers: ") + error.what());
    }
  }
  ShardHome(const ShardHome&) = delete;
  ShardHome& operator=(const ShardHome&) = delete;

  void open() override {
    const bool may = sharding_.peers && kept_.all().defined() && group_->size() > 1;
    if (!may || part_bytes_.empty()) return;
    kept_.await(0);
    peers_ = open_peers(*group_, *sharding_.peers, kept_.all(), part_bytes_.front());
    if (!in_place() && group_->rank() == 0)
      note("weights are gathered by messages, not read from each other: " + peers_.obstacle);
  }
  bool is_there(size_t index) const override { return index < there_; }
  // In place until all have read their parts of the unit.
  void await(size_t index) override {
    if (is_there(index)) return;
    kept_.await(index);
    if (in_place()) group_->barrier();
    there_ = index + 1;
  }
  void fetch(size_t index, at::Tensor& slot) override {
    in_place() ? copy(index, slot) : gather(index, slot);
    sent_ += static_cast<uint64_t>(part_bytes_[index] * (group_->size() - 1));
  }
  bool keeps_host() const override {
    if (in_place()) return kept_.all().is_cpu();
    return sharding_.device.is_cpu() || !group_->queues_on_device();
  }
  int64_t slot_bytes() const override { return slot_bytes_; }
  int64_t resident_bytes() const override { return kept_.bytes(); }
  uint64_t bytes_read() const override { return kept_.bytes_read(); }
  uint64_t bytes_sent() const override { return sent_; }
  std::string text() const override {
    const auto shards = "shards of " + std::to_string(group_->size()) + " ranks";
    if (in_place()) return shards + ", read in place";
    return sharding_.memory == Sharding::Memory::kHost ? "host memory, " + shards : shards;
  }

 private:
  bool in_place() const { return !peers_.parts.empty(); }

  void gather(size_t index, at::Tensor& slot) {
    const int64_t bytes = part_bytes_[index];
    auto whole = slot.narrow(0, 0, bytes * group_->size());
    auto part = kept_.whole(index);
    if (!part.defined() || part.device() != slot.device()) {
      // To its place in the block: the gather leaves it there.
      part = whole.narrow(0, group_->rank() * bytes, bytes);
      kept_.copy(index, part);
    }
    group_->all_gather_into(part, whole);
  }

  void copy(size_t index, at::Tensor& slot) {
    const int64_t bytes = part_bytes_[index];
    // Each begins with itself, so that no two read from the same at first.
    for (int turn = 0; turn < group_->size(); ++turn) {
      const int rank = (group_->rank() + turn) % group_->size();
      const auto part =
          peers_.parts[static_cast<size_t>(rank)].narrow(0, kept_.offset(index), bytes);
      slot.narrow(0, rank * bytes, bytes).copy_(part, /*non_blocking=*/true);
    }
  }

  std::shared_ptr<comm::Communicator> group_;
  KeptParts kept_;
  Sharding sharding_;
  int64_t slot_bytes_;
  std::vector<int64_t> part_bytes_;
  std::atomic<uint64_t> sent_ = 0;
  PeerParts peers_;
  size_t there_ = 0;  // units that have been awaited: every rank's first fetches are at one place
  int errors_before_ = std::uncaught_exceptions();
};

KeptParts kept_part(const StreamUnits& units,
                    const comm::Communicator& group,
                    const Sharding& sharding) {
  const PartOf part{group.rank(), group.size()};
  return sharding.memory == Sharding::Memory::kHost
             ? KeptParts::in_host_memory(units, part, sharding.device, sharding.page)
             : KeptParts::on_device(units, part, sharding.device);
}

class HostHome : public BlockHome {
 public:
  HostHome(const StreamUnits& units, at::Device device, int64_t page)
      : device_(device),
        kept_(KeptParts::in_host_memory(units, {}, device, page)),
        slot_bytes_(longest_block(units, 1)) {
    for (const auto& unit : *units) bytes_.push_back(unit.layout.bytes());
  }

  bool is_there(size_t index) const override { return kept_.is_there(index); }
  void await(size_t index) override { kept_.await(index); }
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
      : units_(std::move(units)), slot_bytes_(longest_block(units_, 1)), seen_(units_->size()) {
    if (!device.is_cpu()) ring_.emplace(weights::upload_queue(device));
  }

  void fetch(size_t index, at::Tensor& slot) override {
    const auto& unit = (*units_)[index];
    const auto block = slot.narrow(0, 0, unit.layout.bytes());
    const uint64_t read = ring_ ? read_flat(*ring_, unit, 0, block) : read_flat(unit, 0, block);
    if (!seen_[index]) read_ += read;
    seen_[index] = true;
  }
  bool keeps_host() const override { return true; }
  int64_t slot_bytes() const override { return slot_bytes_; }
  int64_t resident_bytes() const override { return ring_ ? ring_->bytes() : 0; }
  uint64_t bytes_read() const override { return read_; }
  std::string text() const override { return "the files"; }

 private:
  StreamUnits units_;
  int64_t slot_bytes_;
  std::optional<weights::UploadRing> ring_;
  std::vector<bool> seen_;  // units
  std::atomic<uint64_t> read_ = 0;
};

}  // namespace

std::unique_ptr<BlockHome> shard_home(StreamUnits units,
                                      std::shared_ptr<comm::Communicator> group,
                                      const Sharding& sharding) {
  auto kept = kept_part(units, *group, sharding);
  return std::make_unique<ShardHome>(units, std::move(group), std::move(kept), sharding);
}

std::unique_ptr<BlockHome> host_home(StreamUnits units, at::Device device, int64_t page) {
  return std::make_unique<HostHome>(units, device, page);
}

std::unique_ptr<BlockHome> file_home(StreamUnits units, at::Device device) {
  return std::make_unique<FileHome>(std::move(units), device);
}

}  // namespace kinema::parallel
