// Every element is closed where it is opened.
#include "bench/svg.h"

#include "base/log.h"

namespace kinema::bench {

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        // Other control characters are no part of XML.
        if (static_cast<unsigned char>(c) >= 0x20 || c == '\n' || c == '\t') out += c;
    }
  }
  return out;
}

std::string coordinate(double value) {
  auto text = fmt::format("{:.2f}", value);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return text == "-0" ? "0" : text;
}

Svg::Svg(double width, double height, std::string_view description) {
  text_ = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" "
      "height=\"{1}\" role=\"img\" aria-label=\"{2}\">\n",
      coordinate(width), coordinate(height), escaped(description));
}

void Svg::element(std::string_view name, const Attributes& attributes, std::string_view hint) {
  text_ += fmt::format("<{}", name);
  for (const auto& [key, value] : attributes)
    text_ += fmt::format(" {}=\"{}\"", key, escaped(value));
  text_ += hint.empty() ? "/>\n" : fmt::format("><title>{}</title></{}>\n", escaped(hint), name);
}

void Svg::rectangle(double x,
                    double y,
                    double width,
                    double height,
                    std::string_view style,
                    std::string_view hint) {
  element("rect",
          {{"x", coordinate(x)},
           {"y", coordinate(y)},
           {"width", coordinate(width)},
           {"height", coordinate(height)},
           {"class", std::string(style)}},
          hint);
}

void Svg::line(double x1, double y1, double x2, double y2, std::string_view style) {
  element("line",
          {{"x1", coordinate(x1)},
           {"y1", coordinate(y1)},
           {"x2", coordinate(x2)},
           {"y2", coordinate(y2)},
           {"class", std::string(style)}},
          {});
}

void Svg::circle(double x, double y, double radius, std::string_view style, std::string_view hint) {
  element("circle",
          {{"cx", coordinate(x)},
           {"cy", coordinate(y)},
           {"r", coordinate(radius)},
           {"class", std::string(style)}},
          hint);
}

void Svg::path(const std::vector<std::pair<double, double>>& points, std::string_view style) {
  std::string d;
  for (const auto& [x, y] : points)
    d += (d.empty() ? "M" : " L") + coordinate(x) + " " + coordinate(y);
  element("path", {{"d", d}, {"class", std::string(style)}}, {});
}

void Svg::text(double x, double y, std::string_view words, Anchor anchor, std::string_view style) {
  const char* side = anchor == Anchor::kStart ? "start" : anchor == Anchor::kEnd ? "end" : "middle";
  text_ += fmt::format("<text x=\"{}\" y=\"{}\" text-anchor=\"{}\" class=\"{}\">{}</text>\n",
                       coordinate(x), coordinate(y), side, style, escaped(words));
}

std::string Svg::finished() const { return text_ + "</svg>\n"; }

}  // namespace kinema::bench
