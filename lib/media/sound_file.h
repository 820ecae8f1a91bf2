// Sound in files: WAV written, and the sound of any file that FFmpeg knows read back.
#pragma once

#include <filesystem>

#include "media/sound.h"

namespace kinema::media {

// kInt16 cuts off what 16 bits cannot hold, as the reference does.
enum class WavSamples { kInt16, kFloat32 };

// Appears at `path` when it is complete, over whatever was there. Throws Error(kIo) naming the
// path, and Error(kConfig) in a build without FFmpeg.
void write_wav(const std::filesystem::path& path, const Sound& sound, WavSamples samples);

// The file's first sound, from the time where its pictures begin; an encoder's delay is taken off
// as the container tells it. Throws as above.
Sound read_sound(const std::filesystem::path& path);

}  // namespace kinema::media
