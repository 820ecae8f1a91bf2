// The blocks of a small checkpoint as a model takes them to have them streamed.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "parallel/stream_source.h"
#include "parallel/tensor_parallel.h"

namespace kinema::test {

inline checkpoint::Component streamed_component() {
  return checkpoint::Component::open(std::filesystem::path(KINEMA_TEST_DATA) /
                                     "hunyuan15/t2v/model/transformer");
}

// Every parameter of every block through a StreamSource, as a model would take it.
struct TakenBlocks {
  TakenBlocks(at::ScalarType dtype, comm::Communicator& tensor, at::Device device = at::kCPU)
      : store(streamed_component(), {dtype, device}),
        cut(store, parallel::hunyuan15_transformer_rules(), tensor),
        source(store, cut, {"transformer_blocks.0", "transformer_blocks.1"}) {
    for (const auto& [name, stored] : store.component().tensors()) {
      if (name.starts_with("transformer_blocks."))
        parameters[name] = source.take(name, shape(name));
    }
    root_bytes_read = store.bytes_read();
    units = source.units();
  }
  at::IntArrayRef shape(const std::string& name) const {
    return store.component().find(name)->entry.shape;
  }
  // What reading all blocks once reads: this rank's slices, as they are stored.
  uint64_t bytes_of_blocks() const {
    uint64_t bytes = 0;
    for (const auto& unit : *units) {
      for (size_t i = 0; i < unit.parts.size(); ++i) {
        bytes += static_cast<uint64_t>(unit.handles[i].numel()) *
                 checkpoint::element_bytes(unit.parts[i].front().stored.entry.dtype);
      }
    }
    return bytes;
  }

  weights::WeightStore store;
  parallel::TensorParallelSource cut;
  parallel::StreamSource source;
  std::map<std::string, at::Tensor> parameters;
  parallel::StreamUnits units;
  uint64_t root_bytes_read = 0;
};

}  // namespace kinema::test
