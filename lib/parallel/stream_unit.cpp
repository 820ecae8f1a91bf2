// Parameters are re-pointed by their storage, which all copies of a tensor share.
#include "parallel/stream_unit.h"

#include <algorithm>
#include <atomic>

#include <ATen/ops/empty.h>
#include <c10/core/Storage.h>

namespace kinema::parallel {
namespace {

// A storage without memory, for each kind of device one is enough.
c10::Storage nowhere(at::Device device) {
  c10::Storage storage(c10::Storage::use_byte_size_t(), 0, c10::DataPtr(nullptr, device), nullptr,
                       /*resizable=*/false);
  storage.unsafeGetStorageImpl()->release_data_and_set_meta_custom_data_ptr_error_msg_(
      "a block's parameter was read while its weights are not there");
  return storage;
}

void point(const at::Tensor& parameter, const c10::Storage& storage, int64_t offset_bytes) {
  auto* impl = parameter.unsafeGetTensorImpl();
  impl->set_storage_keep_dtype(storage);
  impl->set_storage_offset(offset_bytes / static_cast<int64_t>(impl->itemsize()));
}

}  // namespace

at::Tensor unbound_parameter(const std::vector<int64_t>& sizes, at::TensorOptions options) {
  auto parameter = at::empty({0}, options);
  point(parameter, nowhere(parameter.device()), 0);
  parameter.unsafeGetTensorImpl()->set_sizes_contiguous(sizes);
  return parameter;
}

void bind(const StreamUnit& unit, const at::Tensor& slot) {
  const int64_t begin = slot.storage_offset();
  for (size_t i = 0; i < unit.handles.size(); ++i) {
    point(unit.handles[i], slot.storage(), begin + unit.layout.entries()[i].offset);
  }
}

void unbind(const StreamUnit& unit) {
  if (unit.handles.empty()) return;
  const auto storage = nowhere(unit.handles.front().device());
  for (const auto& parameter : unit.handles) point(parameter, storage, 0);
}

at::Tensor flat_buffer(int64_t bytes, at::Device device) {
  auto buffer = at::empty({bytes + kFlatAlignment}, at::TensorOptions(at::kByte).device(device));
  const auto address = reinterpret_cast<uintptr_t>(buffer.const_data_ptr());
  const auto past = static_cast<int64_t>(address % kFlatAlignment);
  return buffer.narrow(0, past == 0 ? 0 : kFlatAlignment - past, bytes);
}

uint64_t read_flat(const StreamUnit& unit, int64_t begin, const at::Tensor& into) {
  uint64_t read = 0;
  const int64_t end = begin + into.numel();
  int64_t at = begin;  // up to where `into` is filled
  const auto pad_to = [&](int64_t next) {
    if (next > at) into.narrow(0, at - begin, next - at).zero_();
  };
  for (size_t i = 0; i < unit.parts.size(); ++i) {
    const auto& entry = unit.layout.entries()[i];
    const int64_t from = std::max(begin, entry.offset),
                  to = std::min(end, entry.offset + entry.bytes);
    if (from >= to) continue;
    pad_to(from);
    const auto size = static_cast<int64_t>(c10::elementSize(entry.dtype));
    read += weights::read_elements(unit.parts[i], (from - entry.offset) / size,
                                   into.narrow(0, from - begin, to - from).view(entry.dtype));
    at = to;
  }
  pad_to(end);
  return read;
}

uint64_t read_flat(weights::UploadRing& ring,
                   const StreamUnit& unit,
                   int64_t begin,
                   const at::Tensor& into) {
  const int64_t step = ring.buffer_bytes(), end = into.numel();
  std::atomic<uint64_t> read = 0;
  ring.upload((end + step - 1) / step, [&](int64_t index, const at::Tensor& buffer) {
    const int64_t at = index * step;
    const auto staged = buffer.narrow(0, 0, std::min(step, end - at));
    read += read_flat(unit, begin + at, staged);
    return [staged, there = into.narrow(0, at, staged.numel())] {
      there.copy_(staged, /*non_blocking=*/true);
    };
  });
  return read;
}

}  // namespace kinema::parallel
