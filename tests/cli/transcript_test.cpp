// The program still says, to the letter, what the files under expected/ say.
// KINEMA_UPDATE_EXPECTED=1 writes them anew from their first lines: read the difference before
// committing it.
#include "cli/transcript.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include <catch2/catch.hpp>

using namespace kinema::test;
namespace fs = std::filesystem;

TEST_CASE("stored conversations") {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(KINEMA_EXPECTED)) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  REQUIRE(files.size() > 20);
  const bool update = std::getenv("KINEMA_UPDATE_EXPECTED") != nullptr;
  for (const auto& file : files) {
    std::ifstream in(file, std::ios::binary);
    const std::string stored{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    const auto command = command_of(stored);
    const auto now = transcript(command, run(command));
    INFO(file.filename().string());
    if (update) {
      std::ofstream(file, std::ios::binary) << now;
    } else {
      CHECK(now == stored);
    }
  }
}
