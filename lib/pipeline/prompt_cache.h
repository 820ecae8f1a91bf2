// Encoded texts by content, on the CPU: a batch has more of them than a device should hold.
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"

namespace kinema::pipeline {

// `Encoded` is what a family's encoders make of a text.
template <class Encoded>
class PromptCache {
 public:
  // Forgets every text that is not wanted; returns those that are and have to be encoded, each
  // once, in their order.
  std::vector<std::string> want(const std::vector<std::string>& texts) {
    std::vector<std::string> missing;
    std::map<std::string, Encoded> kept;
    for (const auto& text : texts) {
      if (auto known = encoded_.extract(text)) kept.insert(std::move(known));
      const bool found =
          kept.contains(text) || std::find(missing.begin(), missing.end(), text) != missing.end();
      if (!found) missing.push_back(text);
    }
    encoded_ = std::move(kept);
    return missing;
  }

  void put(const std::string& text, Encoded encoded) {
    encoded_.insert_or_assign(text, std::move(encoded));
  }

  const Encoded& get(const std::string& text) const {
    const auto found = encoded_.find(text);
    if (found == encoded_.end())
      throw Error(ErrorKind::kInternal, "a prompt is used that was not encoded");
    return found->second;
  }

 private:
  std::map<std::string, Encoded> encoded_;
};

}  // namespace kinema::pipeline
