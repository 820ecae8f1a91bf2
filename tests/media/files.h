// Files of the media tests: stored pictures, and a folder that goes with the test.
#pragma once

#include <atomic>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <unistd.h>

#include "media/image.h"

namespace kinema::media {

namespace fs = std::filesystem;

inline fs::path data_file(const std::string& name) {
  return fs::path(KINEMA_TEST_DATA) / "media" / name;
}

inline std::vector<uint8_t> bytes_of(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

inline void write_bytes(const fs::path& path, const std::vector<uint8_t>& bytes) {
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()),
             static_cast<std::streamsize>(bytes.size()));
}

// A P6 file with 255 levels and no comments.
inline Image read_ppm(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::string magic;
  int levels = 0;
  Image image;
  in >> magic >> image.size.width >> image.size.height >> levels;
  in.get();
  image.rgb.assign(std::istreambuf_iterator<char>(in), {});
  return image;
}

// The largest difference of two pictures in any channel; 256 if their sizes differ.
inline int largest_difference(const Image& a, const Image& b) {
  if (a.size != b.size || a.rgb.size() != b.rgb.size()) return 256;
  int largest = 0;
  for (size_t i = 0; i < a.rgb.size(); ++i) {
    largest = std::max(largest, std::abs(int{a.rgb[i]} - int{b.rgb[i]}));
  }
  return largest;
}

inline size_t entries_in(const fs::path& folder) {
  return static_cast<size_t>(std::distance(fs::directory_iterator(folder), {}));
}

struct Folder {
  fs::path path;
  Folder() {
    static std::atomic<int> count = 0;
    path = fs::temp_directory_path() /
           ("kinema-media-" + std::to_string(::getpid()) + "-" + std::to_string(count++));
    fs::create_directories(path);
  }
  ~Folder() { fs::remove_all(path); }
};

}  // namespace kinema::media
