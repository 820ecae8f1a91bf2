// The job that a video's comment or a latents file holds, as settings below a command line's.
#pragma once

#include <filesystem>
#include <string>

#include "base/json.h"
#include "config/settings.h"

namespace kinema::batch {

// What is done with the job again: all of it, or only its last stage.
enum class Again { kGenerate, kDecode };

// `stored`: the JSON text; `file`: where it stands, for messages, and for the job's picture, which
// is looked for beside it by its name. What other settings were resolved from is left out, so that
// these can be overruled. Throws Error(kConfig) if that is no job of this program; wrong values go
// to `violations`.
config::Settings stored_settings(const std::string& stored,
                                 const std::filesystem::path& file,
                                 Again again,
                                 config::Violations& violations);

}  // namespace kinema::batch
