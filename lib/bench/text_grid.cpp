// Widths in characters, not bytes.
#include "bench/text_grid.h"

#include <algorithm>

namespace kinema::bench {
namespace {

size_t width(const std::string& text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;  // not a continuation in UTF-8
  }));
}

// A vertical bar would end the cell.
std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) out += c == '|' ? "\\|" : c == '\n' ? " " : std::string(1, c);
  return out;
}

std::string line(const std::vector<std::string>& values,
                 const std::vector<size_t>& widths,
                 size_t texts) {
  std::string out = "|";
  for (size_t i = 0; i < values.size(); ++i) {
    const std::string blanks(widths[i] - width(values[i]), ' ');
    out += " " + (i < texts ? values[i] + blanks : blanks + values[i]) + " |";
  }
  return out + "\n";
}

}  // namespace

std::string markdown_grid(const std::vector<std::string>& head,
                          const std::vector<std::vector<std::string>>& rows,
                          size_t texts) {
  std::vector<std::vector<std::string>> all = {head};
  all.insert(all.end(), rows.begin(), rows.end());
  std::vector<size_t> widths(head.size(), 3);
  for (auto& row : all) {
    for (size_t i = 0; i < row.size(); ++i) {
      row[i] = escaped(row[i]);
      widths[i] = std::max(widths[i], width(row[i]));
    }
  }
  std::string text = line(all.front(), widths, texts) + "|";
  for (size_t i = 0; i < widths.size(); ++i)
    text +=
        i < texts ? std::string(widths[i] + 2, '-') + "|" : std::string(widths[i] + 1, '-') + ":|";
  text += "\n";
  for (size_t i = 1; i < all.size(); ++i) text += line(all[i], widths, texts);
  return text;
}

std::string csv_row(const std::vector<std::string>& values) {
  std::string text;
  for (const auto& value : values) {
    if (&value != &values.front()) text += ",";
    if (value.find_first_of("\",\n\r") == std::string::npos) {
      text += value;
      continue;
    }
    text += '"';
    for (const char c : value) text += c == '"' ? "\"\"" : std::string(1, c);
    text += '"';
  }
  return text + "\n";
}

}  // namespace kinema::bench
