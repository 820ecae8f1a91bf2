// The steps in the file's order, each applied to every piece of the one before.
#include "text/pre_tokenizer.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "config/config_reader.h"
#include "text/utf8.h"

namespace kinema::text {
namespace {

constexpr auto kGpt2Pattern =
    R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";

bool is_printable(int byte) {
  return (byte >= '!' && byte <= '~') || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
}

// Printable Latin-1 stands for itself; the others follow from U+0100 on.
std::array<std::string, 256> byte_table() {
  std::array<std::string, 256> table;
  for (int byte = 0; byte < 256; ++byte)
    append_utf8(table[static_cast<size_t>(byte)], byte_character(static_cast<unsigned char>(byte)));
  return table;
}

std::string byte_level(std::string_view text) {
  static const auto kTable = byte_table();
  std::string out;
  out.reserve(text.size() * 2);
  for (char byte : text) out += kTable[static_cast<unsigned char>(byte)];
  return out;
}

std::vector<Piece> pieces_at(const std::string& delimiter, std::string_view text) {
  std::vector<Piece> out;
  size_t done = 0;
  for (auto hit = text.find(delimiter); hit != std::string_view::npos;
       hit = text.find(delimiter, done)) {
    if (done != hit) out.push_back({text.substr(done, hit - done), false});
    out.push_back({text.substr(hit, delimiter.size()), true});
    done = hit + delimiter.size();
  }
  if (done != text.size()) out.push_back({text.substr(done), false});
  return out;
}

[[noreturn]] void refuse(const std::string& file, const std::string& what) {
  throw Error(ErrorKind::kModel, file + ": the pre_tokenizer " + what +
                                     " is not supported; Split, ByteLevel and a Sequence of these "
                                     "are");
}

}  // namespace

char32_t byte_character(unsigned char byte) {
  if (is_printable(byte)) return byte;
  char32_t place = 0x100;
  for (int before = 0; before < byte; ++before) place += is_printable(before) ? 0 : 1;
  return place;
}

PreTokenizer::PreTokenizer(const Json& settings, const std::string& file) {
  if (!settings.is_null()) add(settings, file);
}

void PreTokenizer::add(const Json& settings, const std::string& file) {
  const auto type = settings.is_object() ? settings.value("type", Json()) : Json();
  if (type == "Split") {
    steps_.emplace_back(read_split(settings, file));
  } else if (type == "ByteLevel") {
    steps_.emplace_back(read_byte_level(settings, file));
  } else if (type == "Sequence") {
    for (const auto& step : settings.value("pretokenizers", Json::array())) add(step, file);
  } else {
    refuse(file, settings.dump());
  }
}

PreTokenizer::Split PreTokenizer::read_split(const Json& settings, const std::string& file) {
  config::ConfigReader reader(settings, file + ": pre_tokenizer", config::Strictness::kStrict);
  reader.ignore({"type", "pattern"});
  reader.expect("invert", false);
  const auto behavior = reader.string("behavior", "");
  reader.finish();
  if (behavior != "Isolated" && behavior != "MergedWithPrevious")
    refuse(file, "Split with the behavior \"" + behavior + "\"");
  const auto kind = behavior == "Isolated" ? Behavior::kIsolated : Behavior::kMergedWithPrevious;
  const auto pattern = settings.value("pattern", Json());
  if (pattern.is_object() && pattern.size() == 1 && pattern.begin()->is_string()) {
    const auto text = pattern.begin()->get<std::string>();
    if (pattern.contains("Regex")) return {SplitPattern(text, file + ": pre_tokenizer"), kind};
    if (pattern.contains("String") && !text.empty()) return {text, kind};
  }
  refuse(file, "Split with the pattern " + pattern.dump());
}

PreTokenizer::ByteLevel PreTokenizer::read_byte_level(const Json& settings,
                                                      const std::string& file) {
  config::ConfigReader reader(settings, file + ": pre_tokenizer", config::Strictness::kStrict);
  reader.ignore({"type", "trim_offsets"});
  ByteLevel level{
      reader.boolean("add_prefix_space", true) ? PrefixSpace::kAdded : PrefixSpace::kNone, {}};
  if (reader.boolean("use_regex", true))
    level.pattern.emplace_back(kGpt2Pattern, file + ": pre_tokenizer");
  reader.finish();
  return level;
}

void PreTokenizer::apply(const Split& split, std::string_view text, std::vector<std::string>& out) {
  const auto* expression = std::get_if<SplitPattern>(&split.pattern);
  const auto pieces =
      expression ? expression->pieces(text) : pieces_at(std::get<std::string>(split.pattern), text);
  std::vector<std::string> joined;
  bool after_match = false;
  for (const auto& piece : pieces) {
    const bool joins = split.behavior == Behavior::kMergedWithPrevious && piece.matched &&
                       !after_match && !joined.empty();
    if (joins) {
      joined.back() += piece.text;
    } else {
      joined.emplace_back(piece.text);
    }
    after_match = piece.matched;
  }
  std::copy_if(std::make_move_iterator(joined.begin()), std::make_move_iterator(joined.end()),
               std::back_inserter(out), [](const std::string& piece) { return !piece.empty(); });
}

void PreTokenizer::apply(const ByteLevel& level, std::string text, std::vector<std::string>& out) {
  if (level.prefix_space == PrefixSpace::kAdded && !text.starts_with(' '))
    text.insert(text.begin(), ' ');
  if (level.pattern.empty()) {
    out.push_back(byte_level(text));
    return;
  }
  for (const auto& piece : level.pattern.front().pieces(text)) {
    if (!piece.text.empty()) out.push_back(byte_level(piece.text));
  }
}

void PreTokenizer::split(std::string_view text, std::vector<std::string>& words) const {
  if (text.empty()) return;
  std::vector<std::string> now{std::string(text)}, next;
  for (const auto& step : steps_) {
    for (auto& piece : now) {
      std::visit([&](const auto& one) { apply(one, piece, next); }, step);
    }
    now = std::exchange(next, {});
  }
  std::move(now.begin(), now.end(), std::back_inserter(words));
}

}  // namespace kinema::text
