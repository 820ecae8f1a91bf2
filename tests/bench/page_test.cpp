// The page is well-formed, stands alone, and shows the figures and the reasons.
#include "bench/page.h"

#include <catch2/catch.hpp>

#include "bench/axis.h"
#include "bench/samples.h"
#include "bench/svg.h"

using namespace kinema;
using namespace kinema::bench;

namespace {

bool has(const std::string& text, const std::string& what) {
  return text.find(what) != std::string::npos;
}

size_t count(const std::string& text, const std::string& what) {
  size_t found = 0;
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++found;
  return found;
}

// The first tag that is not closed in its order; empty if all are.
std::string unclosed(const std::string& page) {
  std::vector<std::string> open;
  for (size_t at = page.find('<'); at != std::string::npos; at = page.find('<', at + 1)) {
    const auto end = page.find('>', at);
    if (end == std::string::npos) return "<";
    const auto tag = page.substr(at + 1, end - at - 1);
    if (tag.starts_with("!") || tag.ends_with("/")) continue;
    const auto name = tag.substr(0, tag.find_first_of(" \n"));
    if (!tag.starts_with("/")) {
      open.push_back(name);
    } else if (open.empty() || open.back() != tag.substr(1)) {
      return tag;
    } else {
      open.pop_back();
    }
  }
  return open.empty() ? "" : open.back();
}

}  // namespace

TEST_CASE("a page with results and failures") {
  Results results{"Layouts <on> \"A\" & B", {}};
  results.cells = {test::done_cell("one", 1, {10.0, 10.1}), test::done_cell("four", 4, {3.0}),
                   test::failed_cell("bad <cell>", "error: a < b\n  hint: \"try\" & see")};
  const auto page = report_page(make_table(results, {}));
  CHECK(unclosed(page).empty());
  CHECK(has(page, "<h1>Layouts &lt;on&gt; &quot;A&quot; &amp; B</h1>"));
  CHECK(has(page, "2 measured, 1 not."));
  CHECK(count(page, "<svg ") == 5);
  CHECK(count(page, "<circle") >= 4 + 9);  // two scaling plots of two cells, nine steps
  CHECK(has(page, ">3.000 [3.000 - 3.000]</td>"));
  CHECK(has(page, ">3.35</td>"));  // 10.05 / 3
  CHECK(has(page, "<strong>bad &lt;cell&gt;</strong>: failed, exit code 6"));
  CHECK(has(page, "error: a &lt; b\n  hint: &quot;try&quot; &amp; see"));
  CHECK(has(page, "A &amp; B &lt;C&gt;"));
  for (const char* outside : {"<script", "<link", "src=", "@import", "url(", "href="})
    CHECK_FALSE(has(page, outside));
  // The one address is a name of SVG's, which nothing is fetched from.
  CHECK(count(page, "http") == count(page, "http://www.w3.org/2000/svg"));
}

TEST_CASE("a page without any finished cell, and cells without steps") {
  const Results failed{"x", {test::failed_cell("bad", "why")}};
  CHECK(unclosed(report_page(make_table(failed, {}))).empty());
  auto cell = test::done_cell("one", 1, {1.0});
  cell.runs[0].step_seconds.clear();
  cell.runs[0].peak_bytes.clear();
  const Results bare{"x", {cell}};
  const auto page = report_page(make_table(bare, {}));
  CHECK(unclosed(page).empty());
  CHECK_FALSE(has(page, "nan"));
  CHECK_FALSE(has(page, "inf"));
}

TEST_CASE("axes end at round numbers") {
  CHECK(Axis(0.93, 0, 100).marks() == std::vector<double>{0, 0.2, 0.4, 0.6000000000000001, 0.8, 1});
  CHECK(Axis(8, 0, 80).end() == 8);
  CHECK(Axis(8, 0, 80).at(4) == 40);
  CHECK(Axis(0, 0, 80).end() == 1);
  CHECK(Axis(3601, 0, 1).marks().size() <= 9);
}

TEST_CASE("texts in a drawing cannot end it") {
  Svg svg(10, 10, "\"");
  svg.text(0, 0, "</text><script>", Svg::Anchor::kEnd);
  svg.circle(1, 2.345, 3, "c0", "a\x01<b");
  CHECK(unclosed(svg.finished()).empty());
  CHECK(has(svg.finished(), "cy=\"2.35\""));
  CHECK(has(svg.finished(), "<title>a&lt;b</title>"));
  CHECK(coordinate(-0.001) == "0");
}
