// Collects everything that is wrong before anything is refused, so that a user corrects a job once.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"

namespace kinema::config {

struct Violation {
  ErrorKind kind;
  std::string what, hint;
};

class Violations {
 public:
  void add(ErrorKind kind, std::string what, std::string hint = {});
  bool empty() const { return all_.empty(); }
  const std::vector<Violation>& all() const { return all_; }
  // One Error with every violation, of the first one's kind; returns if there is none.
  void throw_if_any() const;

 private:
  std::vector<Violation> all_;
};

}  // namespace kinema::config
