// Frames are numbered as they come and appear together.
#include "media/frame_folder.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <string>
#include <utility>

#include <unistd.h>

#include "base/error.h"
#include "media/png.h"

namespace kinema::media {
namespace {

namespace fs = std::filesystem;

constexpr size_t kWaitingFrames = 8;

// Without a slash at the end, which would leave no name.
fs::path plain(const fs::path& folder) {
  auto path = fs::absolute(folder).lexically_normal();
  return path.has_filename() ? path : path.parent_path();
}

fs::path part_of(const fs::path& folder) {
  return folder.parent_path() /
         ("." + folder.filename().string() + "." + std::to_string(::getpid()) + ".part");
}

[[noreturn]] void fail(const fs::path& folder, const std::string& why) {
  throw Error(ErrorKind::kIo, folder.string() + ": frames cannot be written: " + why);
}

std::string frame_name(size_t index) {
  char name[32];
  std::snprintf(name, sizeof name, "frame_%05zu.png", index);
  return name;
}

bool is_frame(const fs::path& file) {
  const std::string name = file.filename().string();
  constexpr std::string_view head = "frame_", tail = ".png";
  if (!name.starts_with(head) || !name.ends_with(tail)) return false;
  if (name.size() <= head.size() + tail.size()) return false;
  const auto digits = name.substr(head.size(), name.size() - head.size() - tail.size());
  return digits.find_first_not_of("0123456789") == std::string::npos;
}

// The folder holds other things: only its frames change.
void replace_frames(const fs::path& folder, const fs::path& part) {
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.is_regular_file() && is_frame(entry.path())) fs::remove(entry.path());
  }
  for (const auto& entry : fs::directory_iterator(part)) {
    fs::rename(entry.path(), folder / entry.path().filename());
  }
  fs::remove(part);
}

}  // namespace

FrameFolder::FrameFolder(fs::path folder, Size size)
    : folder_(plain(folder)), part_(part_of(folder_)), size_(size) {
  std::error_code error;
  if (fs::exists(folder_, error) && !fs::is_directory(folder_, error)) {
    fail(folder_, "a file has this name");
  }
  fs::create_directory(part_, error);
  if (error) fail(folder_, error.message());
  worker_.emplace(kWaitingFrames, [this](const FrameBytes& rgb) { write(rgb); });
}

FrameFolder::~FrameFolder() {
  worker_.reset();
  std::error_code ignored;
  fs::remove_all(part_, ignored);
}

void FrameFolder::frame(std::span<const uint8_t> rgb) {
  if (rgb.size() != static_cast<size_t>(size_.pixels()) * 3) {
    throw Error(ErrorKind::kInternal, "a frame of " + std::to_string(rgb.size()) +
                                          " bytes is not " + to_string(size_) + " RGB");
  }
  worker_->push(FrameBytes(rgb.begin(), rgb.end()));
}

void FrameFolder::write(const FrameBytes& rgb) {
  const auto bytes = png_bytes(size_, rgb);
  const auto path = part_ / frame_name(written_++);
  std::ofstream out(path, std::ios::binary);
  out.write(reinterpret_cast<const char*>(bytes.data()),
            static_cast<std::streamsize>(bytes.size()));
  out.close();
  if (!out) fail(folder_, std::strerror(errno));
}

void FrameFolder::commit() {
  worker_->finish();
  try {
    if (fs::exists(folder_) && !fs::is_empty(folder_)) {
      replace_frames(folder_, part_);
    } else {
      fs::rename(part_, folder_);
    }
  } catch (const fs::filesystem_error& error) {
    fail(folder_, error.code().message());
  }
}

}  // namespace kinema::media
