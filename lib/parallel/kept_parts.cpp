// Blocks are read in order, so that the files are too.
#include "parallel/kept_parts.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "weights/upload_ring.h"

namespace kinema::parallel {

int64_t longest_block(const StreamUnits& units, int64_t parts) {
  int64_t most = 0;
  for (const auto& unit : *units) most = std::max(most, unit.layout.part_bytes(parts) * parts);
  return most;
}

KeptParts::KeptParts(const StreamUnits& units, PartOf part) {
  for (const auto& unit : *units) {
    offsets_.push_back(bytes_);
    bytes_ += unit.layout.part_bytes(part.parts);
  }
}

KeptParts KeptParts::on_device(const StreamUnits& units, PartOf part, at::Device device) {
  KeptParts kept(units, part);
  std::optional<weights::UploadRing> ring;
  if (!device.is_cpu()) ring.emplace(weights::upload_queue(device));
  kept.all_ = flat_buffer(kept.bytes_, device);
  for (size_t i = 0; i < units->size(); ++i) {
    const auto& unit = (*units)[i];
    const int64_t bytes = unit.layout.part_bytes(part.parts), begin = part.index * bytes;
    auto buffer = kept.all_.narrow(0, kept.offsets_[i], bytes);
    kept.read_ += ring ? read_flat(*ring, unit, begin, buffer) : read_flat(unit, begin, buffer);
    kept.units_.push_back({std::move(buffer)});
  }
  return kept;
}

KeptParts KeptParts::in_host_memory(const StreamUnits& units,
                                    PartOf part,
                                    at::Device device,
                                    int64_t page) {
  KeptParts kept(units, part);
  HostPages pages(kept.bytes_, device, page);
  for (const auto& unit : *units) {
    const int64_t bytes = unit.layout.part_bytes(part.parts);
    int64_t begin = part.index * bytes;
    kept.units_.push_back(pages.take(bytes));
    for (const auto& piece : kept.units_.back()) {
      kept.read_ += read_flat(unit, begin, piece);
      begin += piece.numel();
    }
  }
  return kept;
}

at::Tensor KeptParts::whole(size_t index) const {
  const auto& pieces = units_[index];
  return pieces.size() == 1 ? pieces.front() : at::Tensor();
}

void KeptParts::copy(size_t index, const at::Tensor& into) const {
  int64_t at = 0;
  for (const auto& piece : units_[index]) {
    into.narrow(0, at, piece.numel()).copy_(piece, /*non_blocking=*/true);
    at += piece.numel();
  }
}

}  // namespace kinema::parallel
