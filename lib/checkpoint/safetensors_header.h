// The table of contents of a safetensors file, checked before anything believes it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "checkpoint/dtype.h"

namespace kinema::checkpoint {

// One tensor of a file.
struct TensorEntry {
  std::string name;
  Dtype dtype = Dtype::kF32;
  std::vector<int64_t> shape;
  uint64_t offset = 0;  // of its first byte, from the start of the file
  uint64_t bytes = 0;

  uint64_t elements() const { return bytes / element_bytes(dtype); }
};

// "[2, 3]", as messages show shapes.
std::string shape_text(std::span<const int64_t> shape);

struct SafetensorsHeader {
  std::vector<TensorEntry> entries;  // by offset
  std::map<std::string, std::string> metadata;
};

// Reads the header of a whole file's bytes. Throws Error(kModel) of the form "<name>: …" for
// everything the format forbids: no header, a pointer of Git LFS, truncation, unknown types, sizes
// that are not the shape's, overlaps and gaps.
SafetensorsHeader parse_safetensors_header(std::span<const std::byte> file,
                                           const std::string& name);

}  // namespace kinema::checkpoint
