// Values computed from settings: "ulysses_degree * ring_degree == num_gpus". Our own few lines and
// no library's, because settings are texts as well as numbers and whole numbers must stay whole.
#pragma once

#include <functional>
#include <string>

#include "base/json.h"

namespace kinema::bench {

// The value of a name in an expression: a number, a text or a boolean. Throws for a name that has
// none.
using NameValue = std::function<Json(const std::string& name)>;

// Operators as in C, with its precedence: ! - * / % + - < <= > >= == != && || ?: and brackets;
// numbers, texts in single or double quotes, true, false and names. Whole numbers stay whole unless
// a division leaves a rest. && || ?: compute only what they need. Throws Error(kConfig) naming the
// expression, what is wrong in it, and where.
Json evaluate(const std::string& expression, const NameValue& value_of);

}  // namespace kinema::bench
