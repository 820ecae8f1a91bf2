// mmap and its advice.
#include "checkpoint/mapped_file.h"

#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/error.h"

namespace kinema::checkpoint {
namespace {

// The whole file as memory; null for an empty one, MAP_FAILED with errno otherwise.
void* mapped(const std::filesystem::path& path, size_t size) {
  if (size == 0) return nullptr;
  int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return MAP_FAILED;
  void* data = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd, 0);
  int saved = errno;
  ::close(fd);
  errno = saved;
  return data;
}

// madvise wants whole pages: `range` widened (grow) or narrowed to them.
enum class Rounding { kGrow, kShrink };

void advise(std::span<const std::byte> range, Rounding rounding, int advice) {
  const auto page = static_cast<uintptr_t>(::sysconf(_SC_PAGESIZE));
  const auto first = reinterpret_cast<uintptr_t>(range.data());
  const auto last = first + range.size();
  const uintptr_t up = page - 1;
  const auto begin = (rounding == Rounding::kGrow ? first : first + up) / page * page;
  const auto end = (rounding == Rounding::kGrow ? last + up : last) / page * page;
  if (begin >= end) return;
  auto* start = const_cast<std::byte*>(range.data()) + static_cast<std::ptrdiff_t>(begin - first);
  // Advice only: where the system does not take it, the pages merely stay.
  ::madvise(start, end - begin, advice);
}

}  // namespace

MappedFile::MappedFile(std::filesystem::path path) : path_(std::move(path)) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path_, ignored)) {
    throw Error(ErrorKind::kModel, path_.string() + ": no such file");
  }
  size_ = std::filesystem::file_size(path_);
  void* data = mapped(path_, size_);
  if (data == MAP_FAILED) {
    throw Error(ErrorKind::kModel, path_.string() + ": cannot be read: " + std::strerror(errno));
  }
  data_ = static_cast<const std::byte*>(data);
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) ::munmap(const_cast<std::byte*>(data_), size_);
}

void MappedFile::drop(std::span<const std::byte> range) const {
  advise(range, Rounding::kShrink, MADV_DONTNEED);
}

void MappedFile::prefetch(std::span<const std::byte> range) const {
  advise(range, Rounding::kGrow, MADV_WILLNEED);
}

}  // namespace kinema::checkpoint
