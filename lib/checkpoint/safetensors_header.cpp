// The checks follow the format's own rules: a size, a JSON object, and ranges that tile the rest of
// the file.
#include "checkpoint/safetensors_header.h"

#include <algorithm>
#include <cstring>
#include <string_view>

#include "base/json.h"

namespace kinema::checkpoint {
namespace {

constexpr uint64_t kLengthBytes = 8;
constexpr uint64_t kLargestHeader = 100'000'000;  // the format's limit

[[noreturn]] void fail(const std::string& name, const std::string& what, std::string hint = {}) {
  throw Error(ErrorKind::kModel, name + ": " + what, std::move(hint));
}

std::string quoted(const std::string& text) { return "\"" + text + "\""; }

// What the file is instead, for the kinds people have; empty for anything else.
std::string other_format(std::string_view text) {
  if (text.starts_with("PK\x03\x04")) return "a PyTorch archive (.bin, .pt, .ckpt)";
  if (text.starts_with("\x80\x02")) return "a Python pickle (.bin, .pt, .ckpt)";
  if (text.starts_with("GGUF")) return "a GGUF file";
  if (text.size() > 8 && text.substr(4).starts_with("ftyp")) return "a video (.mp4, .mov)";
  if (text.starts_with("<!") || text.starts_with("<html")) return "a web page";
  return {};
}

[[noreturn]] void refuse_format(const std::string& name, std::string_view text) {
  if (text.starts_with("version https://git-lfs")) {
    fail(name, "is a Git LFS pointer, not the weights themselves",
         "run `git lfs pull` in the model's folder");
  }
  if (text.empty()) fail(name, "is empty, not a safetensors file");
  auto other = other_format(text);
  fail(name, "is not a safetensors file" + (other.empty() ? "" : " but " + other),
       other.empty() ? "" : "only safetensors files are read");
}

uint64_t header_length(std::string_view text) {
  uint64_t length = 0;
  for (size_t i = 0; i < kLengthBytes; ++i) {
    length |= static_cast<uint64_t>(static_cast<unsigned char>(text[i])) << (8 * i);
  }
  return length;
}

// The header's JSON text.
std::string_view header_text(std::string_view file, const std::string& name) {
  if (file.size() <= kLengthBytes || file[kLengthBytes] != '{') refuse_format(name, file);
  const uint64_t length = header_length(file);
  if (length > kLargestHeader) {
    fail(name, "promises a header of " + std::to_string(length) + " bytes; the format allows " +
                   std::to_string(kLargestHeader));
  }
  if (length > file.size() - kLengthBytes) {
    fail(name,
         "is cut short: it ends after " + std::to_string(file.size()) +
             " bytes, its header alone needs " + std::to_string(length + kLengthBytes),
         "download the file again");
  }
  return file.substr(kLengthBytes, length);
}

std::vector<int64_t> shape_of(const Json& value, const std::string& where) {
  if (!value.is_array()) fail(where, "has no \"shape\" list");
  std::vector<int64_t> shape;
  for (const auto& size : value) {
    if (!size.is_number_unsigned() || size.get<uint64_t>() > INT64_MAX) {
      fail(where, "has the size " + size.dump() + " in its shape; sizes are integers from 0");
    }
    shape.push_back(size.get<int64_t>());
  }
  return shape;
}

Dtype dtype_of(const Json& value, const std::string& where) {
  if (!value.is_string()) fail(where, "has no \"dtype\" string");
  auto dtype = parse_dtype(value.get<std::string>());
  if (!dtype) {
    fail(where, "has the type " + quoted(value.get<std::string>()) + ", which is not read",
         "known are " + dtype_names());
  }
  return *dtype;
}

uint64_t wanted_bytes(const TensorEntry& entry, const std::string& where) {
  uint64_t bytes = element_bytes(entry.dtype);
  for (auto size : entry.shape) {
    if (__builtin_mul_overflow(bytes, static_cast<uint64_t>(size), &bytes)) {
      fail(where, "has the shape " + shape_text(entry.shape) + ", more bytes than a file can have");
    }
  }
  return bytes;
}

// One entry; its offset counts from `data_begin`.
TensorEntry entry_of(const std::string& tensor,
                     const Json& value,
                     uint64_t data_begin,
                     const std::string& name) {
  const auto where = name + ": tensor " + quoted(tensor);
  if (!value.is_object()) fail(where, "is not described by an object");
  TensorEntry entry;
  entry.name = tensor;
  entry.dtype = dtype_of(value.value("dtype", Json()), where);
  entry.shape = shape_of(value.value("shape", Json()), where);
  const Json range = value.value("data_offsets", Json());
  if (!range.is_array() || range.size() != 2 || !range[0].is_number_unsigned() ||
      !range[1].is_number_unsigned()) {
    fail(where, "has no \"data_offsets\" of two integers from 0");
  }
  const auto begin = range[0].get<uint64_t>();
  const auto end = range[1].get<uint64_t>();
  if (end < begin || end > INT64_MAX - data_begin) {
    fail(where, "has the impossible range " + range.dump() + " in \"data_offsets\"");
  }
  entry.offset = data_begin + begin;
  entry.bytes = end - begin;
  if (const auto wanted = wanted_bytes(entry, where); wanted != entry.bytes) {
    fail(where, "takes " + std::to_string(entry.bytes) + " bytes, but " +
                    std::string(dtype_name(entry.dtype)) + " " + shape_text(entry.shape) +
                    " needs " + std::to_string(wanted));
  }
  return entry;
}

std::map<std::string, std::string> metadata_of(const Json& value, const std::string& name) {
  if (!value.is_object()) fail(name, "has a \"__metadata__\" that is not an object");
  std::map<std::string, std::string> metadata;
  for (const auto& [key, text] : value.items()) {
    if (!text.is_string())
      fail(name, "has the metadata " + quoted(key) + ", which is not a string");
    metadata[key] = text.get<std::string>();
  }
  return metadata;
}

// Entries in the order of the file must follow each other without overlap or gap up to its last
// byte.
void check_ranges(const std::vector<TensorEntry>& entries,
                  uint64_t data_begin,
                  uint64_t size,
                  const std::string& name) {
  uint64_t end = data_begin;
  const TensorEntry* last = nullptr;
  for (const auto& entry : entries) {
    if (entry.offset < end) {
      fail(name, "tensors " + quoted(last->name) + " and " + quoted(entry.name) + " overlap");
    }
    if (entry.offset > end) {
      fail(name, std::to_string(entry.offset - end) + " bytes before tensor " + quoted(entry.name) +
                     " belong to no tensor, which the format forbids");
    }
    end = entry.offset + entry.bytes;
    last = &entry;
  }
  if (end > size) {
    fail(name,
         "is cut short: it ends after " + std::to_string(size) + " bytes, its header promises " +
             std::to_string(end),
         "download the file again");
  }
  if (end < size) {
    fail(name, std::to_string(size - end) +
                   " bytes at its end belong to no tensor, which the format forbids");
  }
}

}  // namespace

std::string shape_text(std::span<const int64_t> shape) {
  std::string text = "[";
  for (auto size : shape) text += (text.size() == 1 ? "" : ", ") + std::to_string(size);
  return text + "]";
}

SafetensorsHeader parse_safetensors_header(std::span<const std::byte> file,
                                           const std::string& name) {
  const std::string_view whole(reinterpret_cast<const char*>(file.data()), file.size());
  const auto text = header_text(whole, name);
  const auto object = parse_json(text, name + " (header)", ErrorKind::kModel);
  const uint64_t data_begin = kLengthBytes + text.size();
  SafetensorsHeader header;
  for (const auto& [key, value] : object.items()) {
    if (key == "__metadata__") {
      header.metadata = metadata_of(value, name);
    } else {
      header.entries.push_back(entry_of(key, value, data_begin, name));
    }
  }
  std::sort(header.entries.begin(), header.entries.end(), [](const auto& a, const auto& b) {
    return std::pair(a.offset, a.bytes) < std::pair(b.offset, b.bytes);
  });
  check_ranges(header.entries, data_begin, file.size(), name);
  return header;
}

}  // namespace kinema::checkpoint
