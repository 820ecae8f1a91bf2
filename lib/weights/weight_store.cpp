// Views where possible, copies where needed, and a sentence where neither is right.
#include "weights/weight_store.h"

#include <algorithm>
#include <utility>

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>

#include "base/error.h"
#include "base/log.h"
#include "base/nearest.h"
#include "tensor/dtype.h"
#include "weights/stored.h"
#include "weights/upload.h"

namespace kinema::weights {
namespace {

using checkpoint::Dtype;
using checkpoint::StoredTensor;

// More do not read the page cache any faster.
constexpr int kMostReaders = 8;

bool is_float8(Dtype dtype) { return dtype == Dtype::kF8E4M3 || dtype == Dtype::kF8E5M2; }

std::string where(const StoredTensor& stored) {
  return stored.map->path().string() + ": tensor \"" + stored.entry.name + "\"";
}

// The names under which the scale of "….weight" is stored, by who wrote the file.
std::vector<std::string> scale_names(const std::string& name) {
  const auto stem = name.substr(0, name.rfind('.') + 1);
  const auto leaf = name.substr(stem.size());
  return {stem + leaf + "_scale", stem + "scale_" + leaf, stem + leaf + "_scale_inv"};
}

// A wanted size of -1 is any size.
bool fits(at::IntArrayRef stored, at::IntArrayRef wanted) {
  return std::equal(stored.begin(), stored.end(), wanted.begin(), wanted.end(),
                    [](int64_t has, int64_t wants) { return wants == -1 || wants == has; });
}

// In the file; a slice of length 0 is all.
uint64_t part_bytes(const StoredTensor& stored, const Slice& slice) {
  if (slice.length == 0) return stored.entry.bytes;
  return stored.entry.bytes /
         static_cast<uint64_t>(stored.entry.shape[static_cast<size_t>(slice.dim)]) *
         static_cast<uint64_t>(slice.length);
}

void check_slice(const StoredTensor& stored, const Slice& slice) {
  const auto& sizes = stored.entry.shape;
  const auto dim = static_cast<size_t>(slice.dim);
  if (dim >= sizes.size() || slice.start < 0 || slice.length <= 0 ||
      slice.start > sizes[dim] - slice.length) {
    throw Error(ErrorKind::kInternal,
                where(stored) + " has no part of " + std::to_string(slice.length) + " from " +
                    std::to_string(slice.start) + " along dimension " + std::to_string(slice.dim));
  }
}

}  // namespace

WeightStore::WeightStore(checkpoint::Component component,
                         Placement placement,
                         NameMap names,
                         checkpoint::Adapters adapters)
    : component_(std::move(component)),
      placement_(placement),
      names_(std::move(names)),
      adapters_(std::move(adapters)) {
  for (const auto& [stored_name, stored] : component_.tensors()) {
    auto [at, added] = by_name_.emplace(names_.model_name(stored_name), &stored);
    if (!added) {
      throw Error(ErrorKind::kModel, component_.path().string() + ": tensors \"" +
                                         at->second->entry.name + "\" and \"" + stored_name +
                                         "\" are the same parameter, \"" + at->first + "\"");
    }
  }
}

bool WeightStore::has(const std::string& name) const { return by_name_.contains(name); }

const StoredTensor& WeightStore::checked(const std::string& name, at::IntArrayRef shape) {
  const auto at = by_name_.find(name);
  if (at == by_name_.end()) {
    std::vector<std::string> known;
    for (const auto& [candidate, stored] : by_name_) known.push_back(candidate);
    throw Error(
        ErrorKind::kModel,
        component_.path().string() + ": has no tensor \"" + name + "\", which the model needs",
        did_you_mean(name, known, 3));
  }
  const auto& stored = *at->second;
  if (!fits(stored.entry.shape, shape)) {
    throw Error(ErrorKind::kModel,
                where(stored) + " has the shape " + checkpoint::shape_text(stored.entry.shape) +
                    ", but the model wants " + checkpoint::shape_text({shape.data(), shape.size()}),
                "does the config.json beside it belong to these weights?");
  }
  if (!checkpoint::is_floating_point(stored.entry.dtype)) {
    throw Error(ErrorKind::kModel, where(stored) + " is stored as " +
                                       std::string(checkpoint::dtype_name(stored.entry.dtype)) +
                                       "; a floating-point type is wanted");
  }
  taken_.insert(stored.entry.name);
  return stored;
}

at::Tensor WeightStore::scale(const std::string& name, const StoredTensor& weight) {
  if (!is_float8(weight.entry.dtype)) return {};
  for (const auto& candidate : scale_names(name)) {
    const auto at = by_name_.find(candidate);
    if (at == by_name_.end()) continue;
    const auto elements = at->second->entry.elements();
    const auto& shape = weight.entry.shape;
    if (elements != 1 && (shape.empty() || elements != static_cast<uint64_t>(shape[0]))) {
      throw Error(ErrorKind::kModel, where(*at->second) + " has the shape " +
                                         checkpoint::shape_text(at->second->entry.shape) +
                                         "; one scale, or one for each row of " +
                                         checkpoint::shape_text(shape) + ", is supported");
    }
    taken_.insert(at->second->entry.name);
    bytes_read_ += at->second->entry.bytes;
    return view(*at->second).to(at::kFloat);
  }
  return {};
}

checkpoint::LowRanks WeightStore::added(const StoredTensor& stored) const {
  const auto found = adapters_.find(stored.entry.name);
  return found == adapters_.end() ? nullptr : found->second;
}

at::Tensor WeightStore::placed(const StoredTensor& stored, const at::Tensor& scale) {
  bytes_read_ += stored.entry.bytes;
  const auto stays = !scale.defined() && placement_.device.is_cpu();
  const auto source = stays ? view(stored) : at::Tensor();
  if (stays && source.scalar_type() == placement_.dtype) {
    stored.map->prefetch(stored.bytes());
    return source;
  }
  if (placement_.device.is_cuda()) return copied({stored, {}, scale});
  return converted(stored, placement_, {}, scale);
}

bool WeightStore::copies(const StoredPart& part) const {
  const auto type = tensor::dtype_from_safetensors(checkpoint::dtype_name(part.stored.entry.dtype));
  return !placement_.device.is_cpu() || part.added || part.scale.defined() ||
         type != placement_.dtype;
}

at::Tensor WeightStore::copied(const StoredPart& part) {
  auto into =
      at::empty(part.sizes(), at::TensorOptions(placement_.dtype).device(placement_.device));
  copy(part, into);
  return into;
}

void WeightStore::copy(const StoredPart& part, const at::Tensor& into) {
  if (!placement_.device.is_cuda()) {
    auto here = into.is_cpu() ? into : at::empty(into.sizes(), into.options().device(at::kCPU));
    read_elements(part, 0, here.view({-1}));
    if (!into.is_cpu()) into.copy_(here);
    return;
  }
  if (!ring_) {
    const RingShape shape{.threads = std::clamp(at::get_num_threads(), 1, kMostReaders)};
    ring_ = std::make_unique<UploadRing>(upload_queue(placement_.device), shape);
  }
  upload(*ring_, part, into);
}

at::Tensor WeightStore::take(const std::string& name, at::IntArrayRef shape) {
  const auto& stored = checked(name, shape);
  if (auto more = added(stored)) {
    bytes_read_ += stored.entry.bytes;
    return copied({stored, {}, scale(name, stored), std::move(more)});
  }
  return placed(stored, scale(name, stored));
}

at::Tensor WeightStore::take_table(const std::string& name, at::IntArrayRef shape) {
  const auto& stored = checked(name, shape);
  if (adapters_.contains(stored.entry.name)) return take(name, shape);
  // Rows cannot be looked up in 8-bit floats.
  return is_float8(stored.entry.dtype) ? placed(stored, scale(name, stored)) : view(stored);
}

at::Tensor WeightStore::take_slice(const std::string& name,
                                   at::IntArrayRef shape,
                                   const Slice& slice) {
  const auto& stored = checked(name, shape);
  check_slice(stored, slice);
  auto factor = scale(name, stored);
  if (auto more = added(stored)) {
    bytes_read_ += part_bytes(stored, slice);
    return copied({stored, slice, factor, std::move(more)});
  }
  if (slice.dim == 0) {
    if (factor.defined() && factor.numel() > 1)
      factor = factor.reshape({-1}).narrow(0, slice.start, slice.length);
    return placed(rows(stored, slice.start, slice.length), factor);
  }
  bytes_read_ += part_bytes(stored, slice);
  if (placement_.device.is_cuda() && slice.dim == 1) return copied({stored, slice, factor});
  return converted(stored, placement_, slice, factor);
}

Stacked WeightStore::take_stacked(const std::vector<Wanted>& parameters) {
  return take_stacked(parameters, std::vector<Slice>(parameters.size()));
}

Stacked WeightStore::take_stacked(const std::vector<Wanted>& parameters,
                                  const std::vector<Slice>& slices) {
  StoredStack parts;
  Stacked stacked;
  for (size_t i = 0; i < parameters.size(); ++i) {
    const auto& [name, shape] = parameters[i];
    parts.push_back(locate(name, shape, slices[i]));
    stacked.rows.push_back(parts.back().sizes().front());
  }
  if (!std::all_of(parts.begin(), parts.end(), [&](const auto& part) { return copies(part); })) {
    for (size_t i = 0; i < parameters.size(); ++i) {
      const auto& [name, shape] = parameters[i];
      stacked.tensors.push_back(slices[i].length == 0 ? take(name, shape)
                                                      : take_slice(name, shape, slices[i]));
    }
    return stacked;
  }
  auto all = at::empty(sizes(parts), at::TensorOptions(placement_.dtype).device(placement_.device));
  int64_t row = 0;
  for (size_t i = 0; i < parts.size(); ++i) {
    const auto& part = parts[i];
    bytes_read_ += part_bytes(part.stored, slices[i]);
    copy(part, all.narrow(0, row, stacked.rows[i]));
    row += stacked.rows[i];
  }
  stacked.tensors.push_back(std::move(all));
  return stacked;
}

StoredPart WeightStore::locate(const std::string& name, at::IntArrayRef shape, const Slice& slice) {
  const auto& stored = checked(name, shape);
  if (slice.length != 0) check_slice(stored, slice);
  return {stored, slice, scale(name, stored), added(stored)};
}

std::vector<std::string> WeightStore::unread() const {
  std::vector<std::string> names;
  for (const auto& [name, stored] : by_name_) {
    if (!taken_.contains(stored->entry.name) && !names_.is_unused(name))
      names.push_back(stored->entry.name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

void WeightStore::warn_unread() const {
  constexpr size_t kShown = 5;
  const auto names = unread();
  if (names.empty()) return;
  std::string shown;
  for (size_t i = 0; i < std::min(kShown, names.size()); ++i)
    shown += (i == 0 ? "" : ", ") + names[i];
  if (names.size() > kShown) shown += ", …";
  warn(component_.path().string() + ": the model has no use for " + std::to_string(names.size()) +
       (names.size() == 1 ? " tensor: " : " tensors: ") + shown);
}

}  // namespace kinema::weights
