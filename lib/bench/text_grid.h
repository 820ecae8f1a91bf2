// Grids of texts as Markdown and CSV.
#pragma once

#include <string>
#include <vector>

namespace kinema::bench {

// A Markdown table whose columns line up in a terminal too; the first `texts` columns stand to the
// left, the others to the right.
std::string markdown_grid(const std::vector<std::string>& head,
                          const std::vector<std::vector<std::string>>& rows,
                          size_t texts);

// One line, quoted where RFC 4180 wants it.
std::string csv_row(const std::vector<std::string>& values);

}  // namespace kinema::bench
