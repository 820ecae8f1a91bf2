// Joins violations into the form that base/error.h prints.
#include "config/violations.h"

#include <utility>

namespace kinema::config {

void Violations::add(ErrorKind kind, std::string what, std::string hint) {
  all_.push_back({kind, std::move(what), std::move(hint)});
}

void Violations::throw_if_any() const {
  if (all_.empty()) return;
  std::string text;
  for (const auto& one : all_) {
    text += (text.empty() ? "" : "\n") + one.what;
    if (&one != &all_.back() && !one.hint.empty()) text += "\nhint: " + one.hint;
  }
  throw Error(all_.front().kind, text, all_.back().hint);
}

}  // namespace kinema::config
