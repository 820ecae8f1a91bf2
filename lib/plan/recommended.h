// Settings that a model is made for, beyond what the reference's files have a place for:
// kinema.json beside model_index.json.
#pragma once

#include <filesystem>
#include <memory>

#include "base/json_fwd.h"

namespace kinema::plan {

struct Resolution;

struct Recommended {
  // Of the video's shape and its sampling, by their keys; null without the file.
  std::shared_ptr<const Json> settings;
  bool text_alone = false;  // "task": the weights take no pictures, although their class does
};

// Nothing without the file; throws Error(kModel) for any other key and for wrong values.
Recommended read_recommended(const std::filesystem::path& folder);

// Sets what nobody has set. A size, and a length, is taken or left as a whole: 25 frames are no
// advice for somebody who asks for 2 seconds.
void apply_recommended(Resolution& r);

}  // namespace kinema::plan
