// mmap and its advice.
#include "checkpoint/mapped_file.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace kinema::checkpoint {
namespace {

// The whole file as memory; null for an empty one, MAP_FAILED with errno otherwise.
void* mapped(int descriptor, size_t size) {
  if (size == 0) return nullptr;
  if (descriptor < 0) return MAP_FAILED;
  return ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, descriptor, 0);
}

uintptr_t page_bytes() { return static_cast<uintptr_t>(::sysconf(_SC_PAGESIZE)); }

// The system's calls want whole pages: `range` widened (grow) or narrowed to them.
enum class Rounding { kGrow, kShrink };

std::span<std::byte> pages(std::span<const std::byte> range, Rounding rounding) {
  const uintptr_t page = page_bytes(), up = page - 1;
  const auto first = reinterpret_cast<uintptr_t>(range.data());
  const auto last = first + range.size();
  const auto begin = (rounding == Rounding::kGrow ? first : first + up) / page * page;
  const auto end = (rounding == Rounding::kGrow ? last + up : last) / page * page;
  if (range.empty() || begin >= end) return {};
  auto* start = const_cast<std::byte*>(range.data()) + static_cast<std::ptrdiff_t>(begin - first);
  return {start, end - begin};
}

void advise(std::span<const std::byte> range, Rounding rounding, int advice) {
  const auto whole = pages(range, rounding);
  // Advice only: where the system does not take it, the pages merely stay.
  if (!whole.empty()) ::madvise(whole.data(), whole.size(), advice);
}

// Of the whole process: all that is known of a failed access is its address.
struct OpenFiles {
  std::mutex mutex;
  std::set<const MappedFile*> files;
};

OpenFiles& open_files() {
  static OpenFiles files;
  return files;
}

Error unreadable(const MappedFile& file, uint64_t offset, const std::string& why) {
  return Error(ErrorKind::kModel, file.path().string() + ": cannot be read at byte " +
                                      std::to_string(offset) + ": " + why);
}

constexpr const char* kShorter = "the file has become shorter";

}  // namespace

MappedFile::MappedFile(std::filesystem::path path) : path_(std::move(path)) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path_, ignored)) {
    throw Error(ErrorKind::kModel, path_.string() + ": no such file");
  }
  size_ = std::filesystem::file_size(path_);
  descriptor_ = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC);
  void* data = mapped(descriptor_, size_);
  if (data == MAP_FAILED) {
    const int reason = errno;
    if (descriptor_ >= 0) ::close(descriptor_);
    throw Error(ErrorKind::kModel, path_.string() + ": cannot be read: " + std::strerror(reason));
  }
  data_ = static_cast<const std::byte*>(data);
  const std::lock_guard lock(open_files().mutex);
  open_files().files.insert(this);
}

MappedFile::~MappedFile() {
  {
    const std::lock_guard lock(open_files().mutex);
    open_files().files.erase(this);
  }
  if (data_ != nullptr) ::munmap(const_cast<std::byte*>(data_), size_);
  if (descriptor_ >= 0) ::close(descriptor_);
}

void MappedFile::drop(std::span<const std::byte> range) const {
  advise(range, Rounding::kShrink, MADV_DONTNEED);
}

void MappedFile::prefetch(std::span<const std::byte> range) const {
  advise(range, Rounding::kGrow, MADV_WILLNEED);
}

uint64_t MappedFile::cached_bytes(std::span<const std::byte> range) const {
  const auto whole = pages(range, Rounding::kGrow);
  std::vector<unsigned char> resident(whole.size() / page_bytes());
  if (whole.empty() || ::mincore(whole.data(), whole.size(), resident.data()) != 0) return 0;
  const auto count = std::count_if(resident.begin(), resident.end(),
                                   [](unsigned char page) { return (page & 1) != 0; });
  return static_cast<uint64_t>(count) * page_bytes();
}

void MappedFile::read(uint64_t offset, std::span<std::byte> into) const {
  while (!into.empty()) {
    const auto got = ::pread(descriptor_, into.data(), into.size(), static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) throw unreadable(*this, offset, got < 0 ? std::strerror(errno) : kShorter);
    offset += static_cast<uint64_t>(got);
    into = into.subspan(static_cast<size_t>(got));
  }
}

std::optional<Error> MappedFile::unreadable_at(const std::byte* address) {
  const std::lock_guard lock(open_files().mutex);
  for (const auto* file : open_files().files) {
    const auto* begin = file->data_;
    if (std::less<>()(address, begin) || !std::less<>()(address, begin + file->size_)) continue;
    const auto offset = static_cast<uint64_t>(address - begin);
    struct stat now = {};
    const bool there =
        ::fstat(file->descriptor_, &now) == 0 && offset < static_cast<uint64_t>(now.st_size);
    return unreadable(*file, offset, there ? "the disk has failed" : kShorter);
  }
  return std::nullopt;
}

}  // namespace kinema::checkpoint
