// Drawing for a page: elements of SVG as text, well-formed by construction.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kinema::bench {

// "a &lt; b" of "a < b": for texts and attribute values of HTML and XML.
std::string escaped(std::string_view text);

// "12.5" of 12.5, "3" of 3: two decimals at most.
std::string coordinate(double value);

// A picture under construction; lengths in pixels of its own system, origin at the top left.
class Svg {
 public:
  using Attributes = std::vector<std::pair<std::string, std::string>>;
  enum class Anchor { kStart, kMiddle, kEnd };

  Svg(double width, double height, std::string_view description);

  // `style` is one of the page's classes ("axis", "c3"); `hint` is shown when the pointer rests.
  void rectangle(double x,
                 double y,
                 double width,
                 double height,
                 std::string_view style,
                 std::string_view hint = {});
  void line(double x1, double y1, double x2, double y2, std::string_view style);
  void circle(
      double x, double y, double radius, std::string_view style, std::string_view hint = {});
  void path(const std::vector<std::pair<double, double>>& points, std::string_view style);
  // `y` is the baseline.
  void text(
      double x, double y, std::string_view words, Anchor anchor, std::string_view style = "label");

  std::string finished() const;

 private:
  void element(std::string_view name, const Attributes& attributes, std::string_view hint);

  std::string text_;
};

}  // namespace kinema::bench
