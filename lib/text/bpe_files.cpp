// The two long lists are scanned, everything else becomes a JSON tree.
#include "text/bpe_files.h"

#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "base/utf8.h"
#include "text/json_scanner.h"

namespace kinema::text {
namespace {

// For the first size of the vocabulary's table.
constexpr size_t kTypicalBytesPerToken = 80, kShortestBytesPerToken = 20;

constexpr auto kQwen2Pattern =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";

std::string model_text(const std::filesystem::path& file) {
  if (!std::filesystem::is_regular_file(file))
    throw Error(ErrorKind::kModel, file.string() + ": no such file");
  auto text = read_text(file);
  check_utf8(text, file.string(), ErrorKind::kModel);
  return text;
}

void check_first(bool is_first, const std::string& key, const std::string& name) {
  if (!is_first)
    throw Error(ErrorKind::kModel, name + ": the key \"" + key + "\" stands twice in one object");
}

// Pairs of tokens by name, turned into pairs of ids.
class MergeReader {
 public:
  MergeReader(const Vocabulary& vocabulary, const std::string& name)
      : vocabulary_(vocabulary), name_(name) {}

  // `line` is "left right".
  void add(std::string_view line) {
    const auto blank = line.find(' ');
    if (blank == std::string_view::npos || line.find(' ', blank + 1) != std::string_view::npos) {
      throw Error(ErrorKind::kModel, name_ + ": the merge \"" + std::string(line) +
                                         "\" is not two tokens with one blank between");
    }
    add(line.substr(0, blank), line.substr(blank + 1));
  }

  void add(std::string_view left, std::string_view right) {
    joined_.assign(left).append(right);
    merges_.push_back({id(left), id(right), id(joined_)});
  }

  std::vector<Merge> taken() { return std::move(merges_); }

 private:
  uint32_t id(std::string_view token) const {
    const auto known = vocabulary_.find(token);
    if (!known) {
      throw Error(ErrorKind::kModel, name_ + ": a merge uses the token \"" + std::string(token) +
                                         "\", which is not in the vocabulary");
    }
    return *known;
  }

  const Vocabulary& vocabulary_;
  const std::string& name_;
  std::string joined_;
  std::vector<Merge> merges_;
};

std::vector<Merge> read_merges(JsonScanner& scanner,
                               const Vocabulary& vocabulary,
                               const std::string& name) {
  MergeReader reader(vocabulary, name);
  scanner.expect('[');
  if (scanner.accept(']')) return {};
  do {
    if (scanner.at_string()) {
      const auto line = scanner.string();
      if (!line.starts_with("#version")) reader.add(line);
      continue;
    }
    scanner.expect('[');
    const std::string left(scanner.string());
    scanner.expect(',');
    reader.add(left, scanner.string());
    scanner.expect(']');
  } while (scanner.accept(','));
  scanner.expect(']');
  return reader.taken();
}

Vocabulary read_vocabulary(JsonScanner& scanner, size_t expected, const std::string& name) {
  Vocabulary vocabulary(expected);
  scanner.expect('{');
  if (scanner.accept('}')) return vocabulary;
  do {
    const std::string token(scanner.string());
    scanner.expect(':');
    check_first(vocabulary.add(token, scanner.unsigned_integer()), token, name);
  } while (scanner.accept(','));
  scanner.expect('}');
  return vocabulary;
}

// One tokenizer.json: its long lists go to their tables as they are met, the rest becomes a tree.
class TokenizerJson {
 public:
  TokenizerJson(std::string_view text, std::string name)
      : text_(text), name_(std::move(name)), scanner_(text, name_) {}

  BpeFiles read() {
    auto settings = object(&TokenizerJson::document_member);
    scanner_.expect_end();
    if (!vocabulary_ || !(merges_ || late_merges_)) {
      throw Error(ErrorKind::kModel, name_ + ": model." + (vocabulary_ ? "merges" : "vocab") +
                                         " is missing: this is not a BPE tokenizer");
    }
    if (late_merges_) {
      JsonScanner scanner(text_, *late_merges_, name_);
      merges_ = read_merges(scanner, *vocabulary_, name_);
    }
    return {name_, std::move(settings), std::move(*vocabulary_), std::move(*merges_)};
  }

 private:
  using Member = bool (TokenizerJson::*)(const std::string& key, Json& out);

  // The object that comes next. `member` reads a value itself and says so, or leaves it for a tree.
  Json object(Member member) {
    Json out = Json::object();
    std::set<std::string> keys;
    scanner_.expect('{');
    if (scanner_.accept('}')) return out;
    do {
      const std::string key(scanner_.string());
      check_first(keys.insert(key).second, key, name_);
      scanner_.expect(':');
      if (!(this->*member)(key, out)) out[key] = tree();
    } while (scanner_.accept(','));
    scanner_.expect('}');
    return out;
  }

  bool document_member(const std::string& key, Json& out) {
    if (key != "model" || !scanner_.at('{')) return false;
    out[key] = object(&TokenizerJson::model_member);
    return true;
  }

  bool model_member(const std::string& key, Json& out) {
    if (key == "vocab" && scanner_.at('{')) {
      vocabulary_ = read_vocabulary(scanner_, text_.size() / kTypicalBytesPerToken, name_);
    } else if (key == "merges" && scanner_.at('[')) {
      if (vocabulary_) {
        merges_ = read_merges(scanner_, *vocabulary_, name_);
      } else {
        late_merges_ = scanner_.raw_value();
      }
    } else {
      return false;
    }
    return true;
  }

  Json tree() {
    const auto part = scanner_.raw_value();
    const auto where = position(text_, static_cast<size_t>(part.data() - text_.data()));
    return parse_json(part, name_ + " (from " + where + ")", ErrorKind::kModel);
  }

  std::string_view text_;
  std::string name_;
  JsonScanner scanner_;
  std::optional<Vocabulary> vocabulary_;
  std::optional<std::vector<Merge>> merges_;
  std::optional<std::string_view> late_merges_;  // they stood before the vocabulary
};

Json qwen2_settings(const Json& config) {
  const auto given = config.value("add_prefix_space", Json());
  const bool prefix_space = given.is_boolean() && given.get<bool>();
  return {{"normalizer", {{"type", "NFC"}}},
          {"pre_tokenizer",
           {{"type", "Sequence"},
            {"pretokenizers",
             {{{"type", "Split"},
               {"pattern", {{"Regex", kQwen2Pattern}}},
               {"behavior", "Isolated"},
               {"invert", false}},
              {{"type", "ByteLevel"}, {"add_prefix_space", prefix_space}, {"use_regex", false}}}}}},
          {"model", {{"type", "BPE"}}}};
}

}  // namespace

BpeFiles read_tokenizer_json(const std::filesystem::path& file) {
  const auto text = model_text(file);
  return TokenizerJson(text, file.string()).read();
}

BpeFiles read_vocab_and_merges(const std::filesystem::path& vocab,
                               const std::filesystem::path& merges,
                               const Json& config) {
  const auto vocab_name = vocab.string(), merges_name = merges.string();
  const auto vocab_text = model_text(vocab), merges_text = model_text(merges);
  JsonScanner scanner(vocab_text, vocab_name);
  auto vocabulary =
      read_vocabulary(scanner, vocab_text.size() / kShortestBytesPerToken, vocab_name);
  scanner.expect_end();
  MergeReader reader(vocabulary, merges_name);
  for (std::string_view rest = merges_text; !rest.empty();) {
    const auto end = rest.find('\n');
    auto line = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (!line.starts_with("#version")) reader.add(line);
  }
  return {vocab_name, qwen2_settings(config), std::move(vocabulary), reader.taken()};
}

}  // namespace kinema::text
