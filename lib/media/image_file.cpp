// Reads the file whole, checks its header, decodes, turns.
#include "media/image_file.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <ios>
#include <vector>

#include "base/error.h"

namespace kinema::media {
namespace {

// A picture of the largest size allowed, in 16-bit RGBA without compression, and its metadata.
constexpr uintmax_t kMaxFileBytes = uintmax_t{2} << 30;

std::vector<uint8_t> file_bytes(const std::filesystem::path& path) {
  const std::string name = path.string();
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) {
    throw Error(ErrorKind::kIo, name + ": is a folder, not a picture");
  }
  if (!std::filesystem::is_regular_file(path, ignored)) {
    throw Error(ErrorKind::kIo, name + ": no such file");
  }
  const auto size = std::filesystem::file_size(path, ignored);
  if (size > kMaxFileBytes) {
    throw Error(ErrorKind::kIo, name + ": " + std::to_string(size) + " bytes are no picture");
  }
  std::vector<uint8_t> bytes(size);
  std::ifstream in(path, std::ios::binary);
  in.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(size));
  if (!in) throw Error(ErrorKind::kIo, name + ": cannot be read: " + std::strerror(errno));
  return bytes;
}

}  // namespace

Size image_size(const std::filesystem::path& path) {
  const auto header = image_header(file_bytes(path), path.string());
  return upright_size(header.stored, header.orientation);
}

Image read_image(const std::filesystem::path& path) {
  const auto bytes = file_bytes(path);
  const auto header = image_header(bytes, path.string());
  return upright(decoded_image(bytes, header, path.string()), header.orientation);
}

}  // namespace kinema::media
