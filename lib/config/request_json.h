// Requests as JSON objects: configuration files, the hand-over to the engine, and the metadata in a
// video.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "base/json.h"
#include "config/request.h"
#include "config/violations.h"

namespace kinema::config {

// Every setting that has a value, in the table's order.
OrderedJson request_to_json(const Request& request);

// The inverse: what is missing keeps the program's default. Unknown keys and wrong values are
// Error(kConfig) naming `name`.
Request request_from_json(const Json& object, const std::string& name);

// Where a key of a configuration file is read from: for messages and relative paths.
struct JsonSource {
  std::string name;              // the file
  std::string text;              // its text
  std::string pointer;           // the object's place in it: "" or "/jobs/1"
  std::filesystem::path folder;  // relative paths and @files are relative to it
  int64_t first_line = 1;        // of the text in the file
};

// " (jobs.json:14, /jobs/1/width)": where a value stands, for messages.
std::string place(const JsonSource& source, const std::string& pointer);

// Sets the fields of `request` that `object` names and returns their keys; everything wrong goes to
// `violations` as "… (jobs.json:14, /jobs/1/width)".
std::vector<std::string> apply_json(const Json& object,
                                    const JsonSource& source,
                                    Request& request,
                                    Violations& violations);

}  // namespace kinema::config
