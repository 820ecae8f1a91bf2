// The previews that a task asks for.
#pragma once

#include <optional>

#include "base/json.h"
#include "pipeline/step_preview.h"

namespace kinema::engine {

// Of the task's "preview": {"file", "every", "terminal"}; nothing if it has none.
std::optional<pipeline::PreviewWish> preview_wish(const Json& task);

}  // namespace kinema::engine
