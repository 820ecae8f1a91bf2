// utf8proc composes; code points newer than the reference's tables are kept out of its hands.
#include "text/normalizer.h"

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <new>

#include <utf8proc.h>

#include "config/config_reader.h"
#include "text/unicode_ranges.h"
#include "text/utf8.h"

namespace kinema::text {
namespace {

// Below U+0300, whose first byte is 0xCC, nothing combines and everything is composed.
bool is_surely_composed(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char byte) { return static_cast<unsigned char>(byte) < 0xCC; });
}

void append_composed(std::string& out, std::string_view text) {
  if (text.empty()) return;
  utf8proc_uint8_t* bytes = nullptr;
  const auto count =
      utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                   static_cast<utf8proc_ssize_t>(text.size()), &bytes,
                   static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE));
  std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owner(bytes, &std::free);
  if (count < 0) throw std::bad_alloc();  // the text is valid: nothing else can fail
  out.append(reinterpret_cast<const char*>(bytes), static_cast<size_t>(count));
}

std::string replaced(std::string_view text,
                     const std::string& pattern,
                     const std::string& content) {
  std::string out;
  size_t at = 0;
  for (auto hit = text.find(pattern); hit != std::string_view::npos; hit = text.find(pattern, at)) {
    out.append(text, at, hit - at).append(content);
    at = hit + pattern.size();
  }
  return out.append(text, at);
}

[[noreturn]] void refuse(const std::string& file, const std::string& what) {
  throw Error(ErrorKind::kModel, file + ": the normalizer " + what +
                                     " is not supported; NFC, Replace of a string and a Sequence "
                                     "of these are");
}

}  // namespace

std::string nfc(std::string_view text) {
  if (is_surely_composed(text)) return std::string(text);
  std::string out;
  size_t begin = 0;
  for (size_t at = 0; at < text.size();) {
    const auto [value, bytes] = code_point_at(text, at);
    if (contains(inert_in_nfc(), value)) {
      // It neither joins nor moves past its neighbours, so both sides can be composed alone.
      append_composed(out, text.substr(begin, at - begin));
      out.append(text.substr(at, bytes));
      begin = at + bytes;
    }
    at += bytes;
  }
  append_composed(out, text.substr(begin));
  return out;
}

Normalizer::Normalizer(const Json& settings, const std::string& file) {
  if (!settings.is_null()) add(settings, file);
}

Normalizer Normalizer::composed() {
  Normalizer result;
  result.steps_.emplace_back(Compose{});
  return result;
}

void Normalizer::add(const Json& settings, const std::string& file) {
  if (!settings.is_object()) refuse(file, settings.dump());
  config::ConfigReader reader(settings, file + ": normalizer", config::Strictness::kStrict);
  const auto type = reader.string("type", "");
  if (type == "NFC") {
    steps_.emplace_back(Compose{});
  } else if (type == "Replace") {
    reader.ignore({"pattern"});
    const auto pattern = settings.value("pattern", Json());
    if (!pattern.is_object() || pattern.size() != 1 || !pattern.contains("String") ||
        !pattern["String"].is_string() || pattern["String"].get<std::string>().empty()) {
      refuse(file, "Replace with the pattern " + pattern.dump());
    }
    steps_.emplace_back(
        Replace{pattern["String"].get<std::string>(), reader.string("content", "")});
  } else if (type == "Sequence") {
    reader.ignore({"normalizers"});
    for (const auto& step : settings.value("normalizers", Json::array())) add(step, file);
  } else {
    refuse(file, settings.dump());
  }
  reader.finish();
}

std::string Normalizer::operator()(std::string_view text) const {
  std::string out(text);
  for (const auto& step : steps_) {
    const auto* replace = std::get_if<Replace>(&step);
    out = replace ? replaced(out, replace->pattern, replace->content) : nfc(out);
  }
  return out;
}

}  // namespace kinema::text
