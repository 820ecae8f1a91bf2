// Ids are assigned as the tokenizers library assigns them, and compared with those stated.
#include "text/added_vocabulary.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "config/config_reader.h"

namespace kinema::text {
namespace {

class Collector {
 public:
  explicit Collector(const BpeModel& model)
      : model_(model), next_id_(static_cast<int64_t>(model.size())) {}

  void add(AddedToken token, std::optional<int64_t> stated_id, const std::string& file) {
    if (token.content.empty()) return;
    token.id = id(token.content);
    if (stated_id && *stated_id != token.id) {
      throw Error(ErrorKind::kModel, file + ": the added token \"" + token.content +
                                         "\" has the id " + std::to_string(*stated_id) +
                                         ", but by the vocabulary it is " +
                                         std::to_string(token.id));
    }
    next_id_ = std::max(next_id_, token.id + 1);
    const auto content = token.content;
    tokens_.insert_or_assign(content, std::move(token));
  }

  bool has(const std::string& content) const { return tokens_.contains(content); }
  AddedVocabulary taken() { return std::move(tokens_); }

 private:
  int64_t id(const std::string& content) const {
    if (const auto at = tokens_.find(content); at != tokens_.end()) return at->second.id;
    if (const auto known = model_.find(content)) return *known;
    return next_id_;
  }

  const BpeModel& model_;
  AddedVocabulary tokens_;
  int64_t next_id_;
};

void add_listed(const Json& list, const std::string& file, Collector& collector) {
  if (list.is_null()) return;
  for (const auto& entry : list) {
    const auto stated = entry.is_object() ? entry.value("id", Json()) : Json();
    if (!stated.is_number_unsigned())
      throw Error(ErrorKind::kModel, file + ": an added token has no id: " + entry.dump());
    collector.add(read_added_token(entry, file), stated.get<int64_t>(), file);
  }
}

// {"151643": {"content": …}}, in the order of the numbers.
void add_decoder(const Json& decoder, const std::string& file, Collector& collector) {
  if (decoder.is_null()) return;
  std::map<int64_t, const Json*> by_id;
  for (const auto& [key, entry] : decoder.items()) {
    if (key.empty() || key.find_first_not_of("0123456789") != std::string::npos || key.size() > 9)
      throw Error(ErrorKind::kModel, file + ": \"" + key + "\" is no id of an added token");
    by_id[std::stoll(key)] = &entry;
  }
  for (const auto& [id, entry] : by_id) collector.add(read_added_token(*entry, file), id, file);
}

void append_names(const Json& value, std::vector<std::string>& names) {
  if (value.is_string()) {
    names.push_back(value.get<std::string>());
  } else if (value.is_object() && value.contains("content")) {
    append_names(value["content"], names);
  } else if (value.is_structured()) {
    for (const auto& element : value) append_names(element, names);
  }
}

}  // namespace

AddedToken read_added_token(const Json& settings, const std::string& where) {
  if (!settings.is_object() || !settings.value("content", Json()).is_string())
    throw Error(ErrorKind::kModel, where + ": an added token has no content: " + settings.dump());
  config::ConfigReader reader(settings, where + ": added token", config::Strictness::kStrict);
  reader.ignore({"id", "__type"});
  AddedToken token;
  token.content = reader.string("content", "");
  token.single_word = reader.boolean("single_word", false);
  token.lstrip = reader.boolean("lstrip", false);
  token.rstrip = reader.boolean("rstrip", false);
  token.special = reader.boolean("special", false);
  token.normalized = reader.boolean("normalized", !token.special);
  reader.finish();
  return token;
}

std::vector<std::string> named_special_tokens(const Json& config) {
  constexpr std::array kNames = {"bos_token", "eos_token", "unk_token", "sep_token",
                                 "pad_token", "cls_token", "mask_token"};
  std::vector<std::string> names;
  for (const auto* name : kNames) append_names(config.value(name, Json()), names);
  for (const auto* name : {"additional_special_tokens", "extra_special_tokens"})
    append_names(config.value(name, Json()), names);
  return names;
}

AddedVocabulary read_added_vocabulary(const Json& settings,
                                      const std::string& file,
                                      const Json& config,
                                      const std::string& config_file,
                                      const BpeModel& model) {
  Collector collector(model);
  add_listed(settings.value("added_tokens", Json()), file, collector);
  add_decoder(config.value("added_tokens_decoder", Json()), config_file, collector);
  for (const auto& name : named_special_tokens(config)) {
    if (collector.has(name)) continue;
    AddedToken token;
    token.content = name;
    token.normalized = false;
    token.special = true;
    collector.add(std::move(token), std::nullopt, config_file);
  }
  return collector.taken();
}

}  // namespace kinema::text
