// A few bytes of the file, without a decoder.
#include "batch/picture.h"

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "media/image_header.h"

namespace kinema::batch {

namespace fs = std::filesystem;

namespace {

// Every process reads the picture for itself, which a pipe cannot give.
void check_file(const fs::path& image) {
  if (fs::is_regular_file(image)) return;
  const auto name = image.string();
  if (fs::is_directory(image)) throw Error(ErrorKind::kIo, name + ": is a folder, not a picture");
  if (fs::exists(image)) {
    throw Error(ErrorKind::kIo, name + ": is a pipe or a device; a picture must be a file");
  }
  throw Error(ErrorKind::kIo, name + ": no such picture",
              name.find("://") == std::string::npos ? "" : "download it first, and give the file");
}

std::optional<plan::FrameSize> size_of(const fs::path& image, config::Violations& violations) {
  try {
    check_file(image);
    std::ifstream in(image, std::ios::binary);
    if (!in) throw Error(ErrorKind::kIo, image.string() + ": cannot be read");
    const std::vector<uint8_t> bytes{std::istreambuf_iterator<char>(in),
                                     std::istreambuf_iterator<char>()};
    const auto header = media::image_header(bytes, image.string());
    const auto size = media::upright_size(header.stored, header.orientation);
    return plan::FrameSize{size.width, size.height};
  } catch (const Error& error) {
    violations.add(error.kind(), error.what(), error.hint());
    return std::nullopt;
  }
}

}  // namespace

std::optional<plan::FrameSize> picture_size(const config::Request& request,
                                            config::Violations& violations) {
  if (request.conditions) {
    for (const auto& one : *request.conditions) size_of(one.image, violations);
  }
  if (!request.image) return std::nullopt;
  return size_of(*request.image, violations);
}

}  // namespace kinema::batch
