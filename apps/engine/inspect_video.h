// kinema inspect for a video file: here, because only this program has FFmpeg.
#pragma once

#include <filesystem>

namespace kinema::engine {

enum class InspectForm { kText, kJson };

// Prints what the file is and the job it was made from on standard output. Throws Error(kIo) naming
// the file.
void inspect_video(const std::filesystem::path& path, InspectForm form);

}  // namespace kinema::engine
