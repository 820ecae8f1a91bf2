// The rules of transformers' ByT5Tokenizer and of the Python tokenizer base under it.
#include "text/byt5_tokenizer.h"

#include <algorithm>
#include <utility>

#include "base/utf8.h"
#include "text/added_vocabulary.h"
#include "text/unicode_ranges.h"
#include "text/utf8.h"

namespace kinema::text {
namespace {

namespace fs = std::filesystem;

// Ids 0 to 2 are <pad>, </s> and <unk>; bytes follow.
constexpr int64_t kByteOffset = 3, kFirstFreeId = 256 + kByteOffset;
constexpr int64_t kDefaultExtraIds = 125;

// What Python's str.strip() takes: white space and the four separators U+001C to U+001F.
bool is_stripped(char32_t code_point) {
  return is_white_space(code_point) || (code_point >= 0x1C && code_point <= 0x1F);
}

std::string_view stripped_left(std::string_view text) {
  while (!text.empty()) {
    const auto first = code_point_at(text, 0);
    if (!is_stripped(first.value)) break;
    text.remove_prefix(first.bytes);
  }
  return text;
}

std::string_view stripped_right(std::string_view text) {
  while (!text.empty()) {
    const auto last = code_point_before(text, text.size());
    if (!is_stripped(last.value)) break;
    text.remove_suffix(last.bytes);
  }
  return text;
}

Json read_object(const fs::path& file) {
  if (!fs::exists(file)) return Json::object();
  auto object = read_json(file, ErrorKind::kModel);
  if (!object.is_object()) throw Error(ErrorKind::kModel, file.string() + ": is not an object");
  return object;
}

AddedToken special(const Json& config, const char* key, const char* fallback) {
  const auto given = config.value(key, Json());
  if (given.is_object()) return read_added_token(given, std::string(key));
  AddedToken token;
  token.content = given.is_string() ? given.get<std::string>() : fallback;
  // Surrounding blanks belong to these three unless a file says otherwise.
  token.lstrip = token.rstrip = true;
  return token;
}

// The names of special tokens, and <extra_id_k> where the files list no others.
std::vector<std::string> expected_names(const Json& config) {
  auto names = named_special_tokens(config);
  const bool lists_extra =
      config.contains("additional_special_tokens") || config.contains("extra_special_tokens");
  const auto given = config.value("extra_ids", Json());
  const auto extra_ids = given.is_number_integer() ? given.get<int64_t>() : kDefaultExtraIds;
  for (int64_t i = 0; !lists_extra && i < extra_ids; ++i)
    names.push_back("<extra_id_" + std::to_string(i) + ">");
  return names;
}

}  // namespace

Byt5Tokenizer Byt5Tokenizer::open(const fs::path& folder) {
  auto config = read_object(folder / "tokenizer_config.json");
  auto added = read_added(folder, config);
  for (const auto* key : {"truncation_side", "padding_side"}) {
    if (config.value(key, Json("right")) != Json("right")) {
      throw Error(ErrorKind::kModel, (folder / "tokenizer_config.json").string() + ": " + key +
                                         " " + config[key].dump() +
                                         " is not supported; \"right\" is");
    }
  }
  return Byt5Tokenizer(std::move(added), special(config, "eos_token", "</s>").content);
}

// Merges the older files into `config` where they count.
Byt5Tokenizer::Added Byt5Tokenizer::read_added(const fs::path& folder, Json& config) {
  const auto config_name = (folder / "tokenizer_config.json").string();
  const bool is_listed = config.contains("added_tokens_decoder");
  if (!is_listed) config.update(read_object(folder / "special_tokens_map.json"));
  Added added;
  added[0] = special(config, "pad_token", "<pad>");
  added[1] = special(config, "eos_token", "</s>");
  added[2] = special(config, "unk_token", "<unk>");
  if (is_listed) {
    for (const auto& [key, entry] : config["added_tokens_decoder"].items()) {
      if (key.empty() || key.size() > 9 || key.find_first_not_of("0123456789") != std::string::npos)
        throw Error(ErrorKind::kModel, config_name + ": \"" + key + "\" is no id");
      added[std::stoll(key)] = read_added_token(entry, config_name);
    }
  } else {
    const auto file = folder / "added_tokens.json";
    const auto listed = read_object(file);
    for (const auto& [content, id] : listed.items()) {
      if (!id.is_number_unsigned())
        throw Error(ErrorKind::kModel, file.string() + ": \"" + content + "\" has no id");
      AddedToken token;
      token.content = content;
      added[id.get<int64_t>()] = token;
    }
  }
  auto next = kFirstFreeId + std::count_if(added.begin(), added.end(), [](const auto& entry) {
                return entry.first >= kFirstFreeId;
              });
  for (const auto& name : expected_names(config)) {
    const bool is_known = std::any_of(added.begin(), added.end(), [&](const auto& entry) {
      return entry.second.content == name;
    });
    if (!is_known) added[next++].content = name;
  }
  for (auto& [id, token] : added) token.id = id;
  return added;
}

Byt5Tokenizer::Byt5Tokenizer(Added added, const std::string& end_token) : added_(std::move(added)) {
  for (size_t byte = 0; byte < byte_ids_.size(); ++byte)
    byte_ids_[byte] = static_cast<int64_t>(byte) + kByteOffset;
  for (const auto& [id, token] : added_) {
    if (token.content.empty()) continue;
    matcher_.add(token.content, token);
    if (token.content == end_token) end_id_ = id;
    // A byte is looked up as the character of its value, so a token of one such character is it.
    const auto first = code_point_at(token.content, 0);
    if (first.bytes == token.content.size() && first.value < byte_ids_.size())
      byte_ids_[first.value] = id;
  }
}

std::vector<int64_t> Byt5Tokenizer::encode_all(std::string_view text) const {
  auto pieces = matcher_.found(text);
  for (size_t i = 0; i < pieces.size(); ++i) {
    const auto* token = pieces[i].token;
    if (token == nullptr) continue;
    auto* left = i > 0 && pieces[i - 1].token == nullptr ? &pieces[i - 1].text : nullptr;
    auto* right =
        i + 1 < pieces.size() && pieces[i + 1].token == nullptr ? &pieces[i + 1].text : nullptr;
    if (token->rstrip && right != nullptr) *right = stripped_left(*right);
    if (token->lstrip && left != nullptr) *left = stripped_right(*left);
  }
  std::vector<int64_t> ids;
  for (const auto& piece : pieces) {
    if (piece.token != nullptr) {
      ids.push_back(piece.token->id);
    } else {
      for (char byte : piece.text) ids.push_back(byte_ids_[static_cast<unsigned char>(byte)]);
    }
  }
  return ids;
}

std::vector<int64_t> Byt5Tokenizer::encode(std::string_view text, size_t max_length) const {
  check_utf8(text, "the text", ErrorKind::kConfig);
  auto ids = encode_all(text);
  if (ids.size() + 1 > max_length) ids.resize(max_length - 1);
  if (ids.empty() || ids.back() != end_id_) ids.push_back(end_id_);
  return ids;
}

}  // namespace kinema::text
