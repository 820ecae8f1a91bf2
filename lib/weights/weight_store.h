// A component's weights as models take them.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "checkpoint/component.h"
#include "weights/convert.h"
#include "weights/name_map.h"
#include "weights/param_source.h"
#include "weights/stored_part.h"
#include "weights/upload_ring.h"

namespace kinema::weights {

// Nothing is read before it is taken. On the CPU a tensor already stored in the run's type is a
// read-only view of the file, whose pages are given back when the tensor goes; any other is a
// converted copy whose source pages are given back at once, and so is one that LoRA files change.
// On a GPU it is read by several threads and is there for what its current stream does next. A size
// of -1 in a wanted shape is any size. For one thread at a time.
class WeightStore : public ParamSource {
 public:
  // `adapters` are added to what is taken, in whatever parts. Throws Error(kModel) if two stored
  // names become one.
  WeightStore(checkpoint::Component component,
              Placement placement,
              NameMap names = {},
              checkpoint::Adapters adapters = {});
  WeightStore(const WeightStore&) = delete;
  WeightStore& operator=(const WeightStore&) = delete;

  // 8-bit floats come times their `weight_scale` or `scale_weight` if the checkpoint has one.
  at::Tensor take(const std::string& name, at::IntArrayRef shape) override;
  // A view of the mapped file, whatever its type, except for 8-bit floats.
  at::Tensor take_table(const std::string& name, at::IntArrayRef shape) override;
  Stacked take_stacked(const std::vector<Wanted>& parameters) override;
  bool has(const std::string& name) const override;

  // The same of parts; slices of length 0 are all of a parameter.
  Stacked take_stacked(const std::vector<Wanted>& parameters, const std::vector<Slice>& slices);

  // A part of the parameter whose full shape is `shape`, contiguous; of its bytes only that part is
  // read.
  at::Tensor take_slice(const std::string& name, at::IntArrayRef shape, const Slice& slice);

  // Where the parameter whose full shape is `shape` lies, for reading it later and in pieces; a
  // slice of length 0 is all of it. Counts as taken, but nothing is read.
  StoredPart locate(const std::string& name, at::IntArrayRef shape, const Slice& slice);

  // Stored names that nobody took and that are not declared unused, sorted.
  std::vector<std::string> unread() const;
  // One warning that names them, if there are any.
  void warn_unread() const;

  // Ends the threads and gives back the buffers that taking has needed; until the next.
  void rest() { ring_.reset(); }

  // Bytes of the files asked for so far.
  uint64_t bytes_read() const { return bytes_read_; }
  const checkpoint::Component& component() const { return component_; }
  const Placement& placement() const { return placement_; }

 private:
  const checkpoint::StoredTensor& checked(const std::string& name, at::IntArrayRef shape);
  // The float32 scale of an 8-bit weight with so many rows, undefined if there is none.
  at::Tensor scale(const std::string& name, const checkpoint::StoredTensor& weight);
  // What LoRA files add to it; null if nothing.
  checkpoint::LowRanks added(const checkpoint::StoredTensor& stored) const;
  at::Tensor placed(const checkpoint::StoredTensor& stored, const at::Tensor& scale);
  // Whether taking is more than looking at the file's map.
  bool copies(const StoredPart& part) const;
  // A copy of the part, read by itself, or into memory that is there.
  at::Tensor copied(const StoredPart& part);
  void copy(const StoredPart& part, const at::Tensor& into);

  checkpoint::Component component_;
  Placement placement_;
  NameMap names_;
  checkpoint::Adapters adapters_;
  std::map<std::string, const checkpoint::StoredTensor*> by_name_;
  std::set<std::string> taken_;
  uint64_t bytes_read_ = 0;
  std::unique_ptr<UploadRing> ring_;
};

}  // namespace kinema::weights
