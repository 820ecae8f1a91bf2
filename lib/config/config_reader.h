// Typed reading of one component's config.json, so that a checkpoint that is not understood fails
// at load and not as noise.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/json_fwd.h"

namespace kinema::config {

enum class Strictness { kWarn, kStrict };

// Reads keys of one JSON object and remembers which were asked for. Errors are Error(kModel) naming
// file, key and value.
class ConfigReader {
 public:
  // Throws Error(kModel) if `object` is none.
  ConfigReader(Json object, std::string file, Strictness strictness);
  static ConfigReader open(const std::filesystem::path& file, Strictness strictness);

  // The key's value, or `fallback` if it is missing or null.
  int64_t integer(const std::string& key, int64_t fallback);
  double number(const std::string& key, double fallback);
  bool boolean(const std::string& key, bool fallback);
  std::string string(const std::string& key, const std::string& fallback);
  std::vector<std::string> strings(const std::string& key, std::vector<std::string> fallback);
  std::vector<int64_t> integers(const std::string& key, std::vector<int64_t> fallback);
  std::vector<double> numbers(const std::string& key, std::vector<double> fallback);
  // `fallback` says how many are wanted; one boolean stands for all of them.
  std::vector<bool> booleans(const std::string& key, const std::vector<bool>& fallback);
  using IntegerLists = std::vector<std::vector<int64_t>>;
  IntegerLists integer_lists(const std::string& key, IntegerLists fallback);

  // Whether the key is there and not null.
  bool has(const std::string& key) const;
  // Whether the key is there and null, where the reference takes that for something else than a
  // missing one.
  bool is_null(const std::string& key) const;
  // The object under `key` as a reader of its own, empty if missing; messages call its keys
  // "key.inner". It has its own finish().
  ConfigReader child(const std::string& key);

  // A key that is known and must have this value (or be missing or null): anything else is not
  // supported.
  void expect(const std::string& key, const Json& supported);
  // The same where the reference takes a missing or null key for `fallback`, which may be what is
  // not supported.
  void expect(const std::string& key, const Json& supported, const Json& fallback);
  // Replaces `value`, which holds the fallback, by the key's; it must be above 0.
  void positive(const std::string& key, int64_t& value);
  void positive(const std::string& key, double& value);
  // Throws unless `ok`: the key's value is not `wanted` ("a positive integer").
  void require(const std::string& key, bool ok, const std::string& wanted) const;
  // Keys that are known and have no effect here.
  void ignore(const std::vector<std::string>& keys);

  // Warns of (or, when strict, throws for) every key nobody asked for; keys that begin with "_"
  // mean nothing.
  void finish() const;

  const std::string& file() const { return file_; }

 private:
  const Json* find(const std::string& key);
  template <typename Item, typename Is>
  std::vector<Item> list(const std::string& key, std::vector<Item> fallback, const char* of, Is is);
  void report_unknown(const std::string& key) const;
  [[noreturn]] void refuse(const std::string& key, const std::string& wanted) const;

  std::shared_ptr<const Json> object_;
  std::string file_;
  std::string prefix_;  // of the keys in messages: "" or "size."
  Strictness strictness_;
  std::set<std::string> known_;
};

}  // namespace kinema::config
