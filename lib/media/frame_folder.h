// A folder of PNG frames.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>

#include "media/frame_sink.h"
#include "media/frame_worker.h"
#include "media/image.h"

namespace kinema::media {

// frame_00000.png, frame_00001.png, … written into ".<name>.<pid>.part" beside the folder, which
// commit() renames. If the folder exists and holds files, commit() moves the frames into it, in
// place of all its frame_<digits>.png; other files there stay. The folder's parent must exist.
// Throws Error(kIo) naming the folder.
class FrameFolder final : public FrameSink {
 public:
  FrameFolder(std::filesystem::path folder, Size size);
  ~FrameFolder() override;

  void frame(std::span<const uint8_t> rgb) override;
  void commit() override;

 private:
  void write(const FrameBytes& rgb);

  std::filesystem::path folder_, part_;
  Size size_;
  size_t written_ = 0;                 // by the worker
  std::optional<FrameWorker> worker_;  // last: its thread uses the above
};

}  // namespace kinema::media
