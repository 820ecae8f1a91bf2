// The stages in order: added tokens as typed, normalisation, added tokens as normalised, words,
// merges.
#include "text/bpe_tokenizer.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "base/utf8.h"
#include "config/config_reader.h"

namespace kinema::text {
namespace {

namespace fs = std::filesystem;

BpeRules read_rules(const Json& settings, const std::string& file) {
  if (!settings.value("model", Json()).is_object())
    throw Error(ErrorKind::kModel, file + ": has no \"model\"");
  Json model = settings["model"];
  config::ConfigReader reader(model, file + ": model", config::Strictness::kStrict);
  reader.expect("type", "BPE");
  for (const auto* affix : {"continuing_subword_prefix", "end_of_word_suffix"})
    reader.expect(affix, "");
  // Dropping merges at random is for training.
  reader.expect("dropout", 0.0);
  BpeRules rules;
  rules.unknown = reader.string("unk_token", "");
  rules.fuse_unknown = reader.boolean("fuse_unk", false);
  rules.byte_fallback = reader.boolean("byte_fallback", false);
  rules.ignore_merges = reader.boolean("ignore_merges", false);
  reader.finish();
  return rules;
}

// What is left of a tokenizer.json once each part has read its own key.
void check_rest(const Json& settings, const std::string& file) {
  config::ConfigReader reader(settings, file, config::Strictness::kStrict);
  reader.expect("version", "1.0");
  reader.ignore({"added_tokens", "normalizer", "pre_tokenizer", "post_processor", "model"});
  reader.ignore({"decoder"});                // for the way back from ids to text
  reader.ignore({"truncation", "padding"});  // callers say how long a text may be
  reader.finish();
}

// tokenizer_config.json's key, else the direction in tokenizer.json.
std::string side(const Json& config, const char* key, const Json& files, const std::string& name) {
  auto value = config.value(key, Json());
  if (value.is_null()) value = files.is_object() ? files.value("direction", Json("Right")) : files;
  if (value.is_null()) return "right";
  if (value == "Left" || value == "left") return "left";
  if (value == "Right" || value == "right") return "right";
  throw Error(ErrorKind::kModel,
              name + ": " + key + " " + value.dump() + " is not known; \"left\" and \"right\" are");
}

// Whether tokenizer_config.json decides about the tokens around a text.
bool names_template(const Json& config) {
  return config.contains("add_bos_token") || config.contains("add_eos_token");
}

void check_config(const Json& config, const std::string& file) {
  if (config.value("split_special_tokens", Json(false)) == Json(true)) {
    throw Error(ErrorKind::kModel, file + ": split_special_tokens true is not supported; false is");
  }
}

Json read_config(const fs::path& file) {
  if (!fs::exists(file)) return Json::object();
  auto config = read_json(file, ErrorKind::kModel);
  if (!config.is_object()) throw Error(ErrorKind::kModel, file.string() + ": is not an object");
  check_config(config, file.string());
  return config;
}

}  // namespace

BpeTokenizer BpeTokenizer::open(const fs::path& folder) {
  const auto config_file = folder / "tokenizer_config.json";
  auto config = read_config(config_file);
  if (const auto file = folder / "tokenizer.json"; fs::exists(file)) {
    // Here the reference's classes differ in whom they believe, so the two must not disagree.
    if (config.value("add_prefix_space", Json()) == Json(true)) {
      throw Error(ErrorKind::kModel, config_file.string() +
                                         ": add_prefix_space true is not supported beside a "
                                         "tokenizer.json; false is");
    }
    auto files = read_tokenizer_json(file);
    check_rest(files.settings, files.name);
    return BpeTokenizer(std::move(files), std::move(config), config_file.string());
  }
  if (!fs::exists(folder / "vocab.json")) {
    throw Error(ErrorKind::kModel, folder.string() +
                                       ": has neither tokenizer.json nor vocab.json and "
                                       "merges.txt, so there is no tokenizer");
  }
  auto files = read_vocab_and_merges(folder / "vocab.json", folder / "merges.txt", config);
  return BpeTokenizer(std::move(files), std::move(config), config_file.string());
}

BpeTokenizer::BpeTokenizer(BpeFiles files, Json config, const std::string& config_file)
    : config_(std::move(config)),
      truncation_side_(
          side(config_, "truncation_side", files.settings.value("truncation", Json()), files.name)),
      padding_side_(
          side(config_, "padding_side", files.settings.value("padding", Json()), files.name)),
      model_(std::move(files.vocabulary), files.merges, read_rules(files.settings, files.name)),
      normalizer_(files.settings.value("normalizer", Json()), files.name),
      pre_tokenizer_(files.settings.value("pre_tokenizer", Json()), files.name),
      added_(read_added_vocabulary(files.settings, files.name, config_, config_file, model_)),
      template_(
          names_template(config_)
              ? named_template(config_file)
              : read_token_template(files.settings.value("post_processor", Json()), files.name)) {
  for (const auto& [content, token] : added_) {
    if (token.normalized) {
      const auto pattern = normalizer_(content);
      if (!pattern.empty()) as_normalized_.add(pattern, token);
    } else {
      as_typed_.add(content, token);
    }
  }
}

TokenTemplate BpeTokenizer::named_template(const std::string& config_file) const {
  TokenTemplate out;
  for (const auto& [key, token, tokens] : {std::tuple{"add_bos_token", "bos_token", &out.before},
                                           std::tuple{"add_eos_token", "eos_token", &out.after}}) {
    if (config_.value(key, Json()) != Json(true)) continue;
    auto name = config_.value(token, Json());
    if (name.is_object()) name = name.value("content", Json());
    const auto id = name.is_string() ? find(name.get<std::string>()) : std::nullopt;
    if (!id) {
      throw Error(ErrorKind::kModel, config_file + ": " + key + " is true, but " + token + " " +
                                         name.dump() + " is no token of the vocabulary");
    }
    tokens->push_back(*id);
  }
  return out;
}

std::vector<int64_t> BpeTokenizer::encode(std::string_view text) const {
  check_utf8(text, "the text", ErrorKind::kConfig);
  std::vector<int64_t> ids;
  for (const auto& segment : as_typed_.segments(text)) {
    if (segment.token != nullptr) {
      ids.push_back(segment.token->id);
      continue;
    }
    const auto normalized = normalizer_(segment.text);
    for (const auto& inner : as_normalized_.segments(normalized)) {
      if (inner.token != nullptr) {
        ids.push_back(inner.token->id);
      } else {
        encode_plain(inner.text, ids);
      }
    }
  }
  return ids;
}

void BpeTokenizer::encode_plain(std::string_view text, std::vector<int64_t>& ids) const {
  std::vector<std::string> words;
  pre_tokenizer_.split(text, words);
  for (const auto& word : words) model_.encode(word, ids);
}

std::vector<int64_t> BpeTokenizer::encode_with_template(std::string_view text, size_t limit) const {
  auto ids = encode(text);
  const auto around = template_.before.size() + template_.after.size();
  ids.resize(std::min(ids.size(), limit - std::min(limit, around)));
  ids.insert(ids.begin(), template_.before.begin(), template_.before.end());
  ids.insert(ids.end(), template_.after.begin(), template_.after.end());
  return ids;
}

std::optional<int64_t> BpeTokenizer::find(const std::string& token) const {
  if (const auto at = added_.find(token); at != added_.end()) return at->second.id;
  return model_.find(token);
}

}  // namespace kinema::text
