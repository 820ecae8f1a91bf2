// The header is known as soon as the layout is, so every byte can go to its place at once.
#include "checkpoint/writer.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include "base/json.h"

namespace kinema::checkpoint {
namespace {

uint64_t byte_size(const TensorSpec& tensor) {
  uint64_t bytes = element_bytes(tensor.dtype);
  for (auto size : tensor.shape) bytes *= static_cast<uint64_t>(size);
  return bytes;
}

// Larger elements first, so that every tensor is aligned to its own: readers that map the file rely
// on it.
std::vector<TensorSpec> ordered(std::vector<TensorSpec> tensors) {
  std::stable_sort(tensors.begin(), tensors.end(), [](const auto& a, const auto& b) {
    return element_bytes(a.dtype) > element_bytes(b.dtype);
  });
  return tensors;
}

// The length and the JSON text, padded so that the data begins at a multiple of 8.
std::string header(const std::vector<TensorSpec>& tensors,
                   const std::map<std::string, std::string>& metadata) {
  OrderedJson object = OrderedJson::object();
  if (!metadata.empty()) object["__metadata__"] = metadata;
  uint64_t offset = 0;
  for (const auto& tensor : tensors) {
    const auto end = offset + byte_size(tensor);
    object[tensor.name] = {{"dtype", dtype_name(tensor.dtype)},
                           {"shape", tensor.shape},
                           {"data_offsets", {offset, end}}};
    offset = end;
  }
  auto text = object.dump();
  text.append((8 - text.size() % 8) % 8, ' ');
  std::string length(8, '\0');
  for (size_t i = 0; i < length.size(); ++i) length[i] = static_cast<char>(text.size() >> (8 * i));
  return length + text;
}

}  // namespace

SafetensorsWriter::SafetensorsWriter(const std::filesystem::path& path,
                                     const std::vector<TensorSpec>& tensors,
                                     const std::map<std::string, std::string>& metadata)
    : file_(path) {
  const auto sorted = ordered(tensors);
  const auto head = header(sorted, metadata);
  uint64_t offset = head.size();
  for (const auto& tensor : sorted) {
    const auto end = offset + byte_size(tensor);
    if (!ranges_.emplace(tensor.name, Range{offset, end}).second) {
      throw Error(ErrorKind::kInternal,
                  path.string() + ": two tensors are called \"" + tensor.name + "\"");
    }
    offset = end;
  }
  descriptor_ = ::open(file_.path().c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (descriptor_ < 0) {
    throw Error(ErrorKind::kIo, path.string() + ": cannot be written: " + std::strerror(errno));
  }
  write_at(0, std::as_bytes(std::span(head)));
}

SafetensorsWriter::~SafetensorsWriter() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

void SafetensorsWriter::write_at(uint64_t offset, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const auto written =
        ::pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      throw Error(ErrorKind::kIo,
                  file_.target().string() + ": cannot be written: " + std::strerror(errno));
    }
    bytes = bytes.subspan(static_cast<size_t>(written));
    offset += static_cast<uint64_t>(written);
  }
}

void SafetensorsWriter::append(const std::string& name, std::span<const std::byte> bytes) {
  const auto at = ranges_.find(name);
  if (at == ranges_.end() || bytes.size() > at->second.end - at->second.next) {
    throw Error(ErrorKind::kInternal, file_.target().string() + ": tensor \"" + name +
                                          "\" was not announced with so many bytes");
  }
  write_at(at->second.next, bytes);
  at->second.next += bytes.size();
}

void SafetensorsWriter::commit() {
  for (const auto& [name, range] : ranges_) {
    if (range.next != range.end) {
      throw Error(ErrorKind::kInternal, file_.target().string() + ": tensor \"" + name +
                                            "\" lacks " + std::to_string(range.end - range.next) +
                                            " bytes");
    }
  }
  const int closed = ::close(std::exchange(descriptor_, -1));
  if (closed != 0) {
    throw Error(ErrorKind::kIo,
                file_.target().string() + ": cannot be written: " + std::strerror(errno));
  }
  file_.commit();
}

}  // namespace kinema::checkpoint
