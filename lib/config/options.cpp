// The parts of the table in the order of the long help. A line added to a part adds the flag, the
// key, its help and its place in the metadata.
#include "config/options.h"

#include "config/option_groups.h"

namespace kinema::config {

const std::vector<Option>& options() {
  static const std::vector<Option> table = [] {
    std::vector<Option> all;
    for (auto* part : {model_options, content_options, shape_options, sampling_options,
                       machine_options, memory_options, output_options, talk_options}) {
      for (auto& one : part()) all.push_back(std::move(one));
    }
    return all;
  }();
  return table;
}

const Option* find_option(std::string_view key) {
  for (const auto& one : options()) {
    if (one.key == key) return &one;
  }
  return nullptr;
}

const Option& option(std::string_view key) {
  if (const auto* found = find_option(key)) return *found;
  throw Error(ErrorKind::kInternal, "no option is called " + std::string(key));
}

std::vector<std::string> option_keys() {
  std::vector<std::string> keys;
  for (const auto& one : options()) keys.push_back(one.key);
  return keys;
}

}  // namespace kinema::config
