// Safetensors files written by hand, so that they can be wrong.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "base/atomic_file.h"
#include "base/error.h"

namespace kinema::test {

// Eight bytes of length, then `header`, then `data`.
inline std::string raw_safetensors(const std::string& header, const std::string& data) {
  std::string bytes(8, '\0');
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(header.size() >> (8 * i));
  return bytes + header + data;
}

// A valid file of one F32 tensor `name` of `count` zeros.
inline std::string one_tensor(const std::string& name, size_t count) {
  const auto end = std::to_string(4 * count);
  return raw_safetensors("{\"" + name + R"(":{"dtype":"F32","shape":[)" + std::to_string(count) +
                             R"(],"data_offsets":[0,)" + end + "]}}",
                         std::string(4 * count, '\0'));
}

// The message of the kModel error that `action` throws, with its hint after " | "; `folder` is left
// out of it.
inline std::string model_error(const std::function<void()>& action,
                               const std::filesystem::path& folder) {
  std::string text = "no error";
  try {
    action();
  } catch (const Error& error) {
    text = error.kind() == ErrorKind::kModel ? error.what() : "another kind of error";
    if (!error.hint().empty()) text += " | " + error.hint();
  }
  const auto prefix = folder.string() + "/";
  for (auto at = text.find(prefix); at != std::string::npos; at = text.find(prefix))
    text.erase(at, prefix.size());
  return text;
}

}  // namespace kinema::test
