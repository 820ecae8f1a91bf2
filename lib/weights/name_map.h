// How the names in a checkpoint become the names a model asks for.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace kinema::weights {

struct NameMap {
  // Taken off the front for as long as one fits ("model.", "language_model."): the same model is
  // saved alone and as a part of others.
  std::vector<std::string> prefixes;
  // Tensors the program has no use for, by their names after that; "*" stands for anything
  // ("visual.*").
  std::vector<std::string> unused;

  std::string model_name(std::string_view stored) const;
  bool is_unused(const std::string& model_name) const;
};

}  // namespace kinema::weights
