// Every read marks its key as known; what is left over at the end is reported.
#include "config/config_reader.h"

#include <algorithm>
#include <utility>

#include "base/json.h"
#include "base/log.h"
#include "base/nearest.h"

namespace kinema::config {

ConfigReader::ConfigReader(Json object, std::string file, Strictness strictness)
    : object_(std::make_shared<const Json>(std::move(object))),
      file_(std::move(file)),
      strictness_(strictness) {
  if (!object_->is_object()) {
    throw Error(ErrorKind::kModel, file_ + ": holds no JSON object");
  }
}

ConfigReader ConfigReader::open(const std::filesystem::path& file, Strictness strictness) {
  return ConfigReader(read_json(file, ErrorKind::kModel), file.string(), strictness);
}

const Json* ConfigReader::find(const std::string& key) {
  known_.insert(key);
  auto at = object_->find(key);
  return at == object_->end() || at->is_null() ? nullptr : &*at;
}

void ConfigReader::refuse(const std::string& key, const std::string& wanted) const {
  const auto at = object_->find(key);
  const auto is = at == object_->end() ? "is missing" : "is " + at->dump();
  throw Error(ErrorKind::kModel, file_ + ": \"" + prefix_ + key + "\" " + is + "; " + wanted);
}

int64_t ConfigReader::integer(const std::string& key, int64_t fallback) {
  const auto* value = find(key);
  if (value == nullptr) return fallback;
  const bool too_large = value->is_number_unsigned() && value->get<uint64_t>() > INT64_MAX;
  if (!value->is_number_integer() || too_large) refuse(key, "an integer is wanted");
  return value->get<int64_t>();
}

double ConfigReader::number(const std::string& key, double fallback) {
  const auto* value = find(key);
  if (value == nullptr) return fallback;
  if (!value->is_number()) refuse(key, "a number is wanted");
  return value->get<double>();
}

bool ConfigReader::boolean(const std::string& key, bool fallback) {
  const auto* value = find(key);
  if (value == nullptr) return fallback;
  if (!value->is_boolean()) refuse(key, "true or false is wanted");
  return value->get<bool>();
}

std::string ConfigReader::string(const std::string& key, const std::string& fallback) {
  const auto* value = find(key);
  if (value == nullptr) return fallback;
  if (!value->is_string()) refuse(key, "a string is wanted");
  return value->get<std::string>();
}

template <typename Item, typename Is>
std::vector<Item> ConfigReader::list(const std::string& key,
                                     std::vector<Item> fallback,
                                     const char* of,
                                     Is is) {
  const auto* value = find(key);
  if (value == nullptr) return fallback;
  const auto wanted = "a list of " + std::string(of) + " is wanted";
  if (!value->is_array()) refuse(key, wanted);
  std::vector<Item> items;
  for (const auto& item : *value) {
    if (!is(item)) refuse(key, wanted);
    items.push_back(item.template get<Item>());
  }
  return items;
}

std::vector<std::string> ConfigReader::strings(const std::string& key,
                                               std::vector<std::string> fallback) {
  return list(key, std::move(fallback), "strings",
              [](const Json& item) { return item.is_string(); });
}

std::vector<int64_t> ConfigReader::integers(const std::string& key, std::vector<int64_t> fallback) {
  return list(key, std::move(fallback), "integers",
              [](const Json& item) { return item.is_number_integer(); });
}

std::vector<double> ConfigReader::numbers(const std::string& key, std::vector<double> fallback) {
  return list(key, std::move(fallback), "numbers",
              [](const Json& item) { return item.is_number(); });
}

std::vector<bool> ConfigReader::booleans(const std::string& key,
                                         const std::vector<bool>& fallback) {
  const auto* value = find(key);
  if (value == nullptr) return fallback;
  if (value->is_boolean()) return std::vector<bool>(fallback.size(), value->get<bool>());
  const auto wanted = "a boolean or a list of " + std::to_string(fallback.size()) + " is wanted";
  if (!value->is_array() || value->size() != fallback.size()) refuse(key, wanted);
  std::vector<bool> items;
  for (const auto& item : *value) {
    if (!item.is_boolean()) refuse(key, wanted);
    items.push_back(item.get<bool>());
  }
  return items;
}

ConfigReader::IntegerLists ConfigReader::integer_lists(const std::string& key,
                                                       IntegerLists fallback) {
  const auto is_list = [](const Json& item) {
    return item.is_array() && std::all_of(item.begin(), item.end(),
                                          [](const Json& i) { return i.is_number_integer(); });
  };
  return list(key, std::move(fallback), "lists of integers", is_list);
}

bool ConfigReader::has(const std::string& key) const {
  const auto at = object_->find(key);
  return at != object_->end() && !at->is_null();
}

bool ConfigReader::is_null(const std::string& key) const {
  const auto at = object_->find(key);
  return at != object_->end() && at->is_null();
}

ConfigReader ConfigReader::child(const std::string& key) {
  const auto* value = find(key);
  if (value != nullptr && !value->is_object()) refuse(key, "an object is wanted");
  ConfigReader reader(value == nullptr ? Json::object() : *value, file_, strictness_);
  reader.prefix_ = prefix_ + key + ".";
  return reader;
}

void ConfigReader::expect(const std::string& key, const Json& supported) {
  expect(key, supported, supported);
}

void ConfigReader::expect(const std::string& key, const Json& supported, const Json& fallback) {
  const auto* value = find(key);
  if ((value == nullptr ? fallback : *value) != supported)
    refuse(key, "only " + supported.dump() + " is supported");
}

void ConfigReader::positive(const std::string& key, int64_t& value) {
  value = integer(key, value);
  require(key, value > 0, "a positive integer");
}

void ConfigReader::positive(const std::string& key, double& value) {
  value = number(key, value);
  require(key, value > 0, "a positive number");
}

void ConfigReader::require(const std::string& key, bool ok, const std::string& wanted) const {
  if (!ok) refuse(key, wanted + " is wanted");
}

void ConfigReader::ignore(const std::vector<std::string>& keys) {
  known_.insert(keys.begin(), keys.end());
}

void ConfigReader::report_unknown(const std::string& key) const {
  const std::vector<std::string> known(known_.begin(), known_.end());
  const auto what = file_ + ": \"" + prefix_ + key + "\" is not a key that is known here";
  const auto hint = did_you_mean(key, known);
  if (strictness_ == Strictness::kStrict) throw Error(ErrorKind::kModel, what, hint);
  warn(what + (hint.empty() ? ", it has no effect" : "; " + hint));
}

void ConfigReader::finish() const {
  for (const auto& [key, value] : object_->items()) {
    if (!key.starts_with('_') && !known_.contains(key)) report_unknown(key);
  }
}

}  // namespace kinema::config
