// Files appear whole or not at all.
#include "base/atomic_file.h"

#include <fstream>

#include <catch2/catch.hpp>
#include <unistd.h>

#include "base/error.h"
#include "base/json.h"

namespace fs = std::filesystem;

namespace {

struct Folder {
  fs::path path = fs::temp_directory_path() / ("kinema-atomic-" + std::to_string(::getpid()));
  Folder() { fs::create_directories(path); }
  ~Folder() { fs::remove_all(path); }
};

}  // namespace

TEST_CASE("without commit nothing is left and the old file stays") {
  Folder folder;
  auto target = folder.path / "a.txt";
  kinema::write_file(target, "old");
  {
    kinema::AtomicFile file(target);
    std::ofstream(file.path()) << "half";
  }
  CHECK(kinema::read_text(target) == "old");
  CHECK(std::distance(fs::directory_iterator(folder.path), fs::directory_iterator()) == 1);
}

TEST_CASE("a folder that does not exist is one sentence naming the file") {
  Folder folder;
  auto target = folder.path / "missing" / "a.txt";
  CHECK_THROWS_WITH(kinema::write_file(target, "x"),
                    Catch::StartsWith(target.string() + ": cannot be written"));
}
