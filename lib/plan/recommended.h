// Settings that a model is made for, beyond what the reference's files have a place for:
// kinema.json beside model_index.json.
#pragma once

#include <filesystem>

#include "base/json.h"

namespace kinema::plan {

struct Resolution;

// {} without the file. Otherwise an object of settings of the video's shape and its sampling by
// their keys; throws Error(kModel) for any other key and for wrong values.
Json read_recommended(const std::filesystem::path& folder);

// Sets what nobody has set. A size, and a length, is taken or left as a whole: 25 frames are no
// advice for somebody who asks for 2 seconds.
void apply_recommended(Resolution& r);

}  // namespace kinema::plan
