// Files appear whole or not at all.
#include "base/atomic_file.h"

#include <csignal>
#include <fstream>

#include <catch2/catch.hpp>
#include <sys/wait.h>
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

TEST_CASE("a process that is killed leaves no file behind") {
  Folder folder;
  const auto target = folder.path / "a.txt";
  const auto child = ::fork();
  if (child == 0) {
    kinema::AtomicFile file(target);
    std::ofstream(file.path()) << "half" << std::flush;
    ::raise(SIGKILL);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  REQUIRE(WIFSIGNALED(status));
  // File systems without nameless files keep the part, which whoever watches the process removes.
  kinema::remove_part(target, child);
  CHECK(fs::is_empty(folder.path));
}

TEST_CASE("a file is replaced whole, and by its name in the working folder too") {
  Folder folder;
  const auto target = folder.path / "a.txt";
  kinema::write_file(target, "old");
  {
    kinema::AtomicFile file(target);
    std::ofstream(file.path()) << "new";
    std::ofstream(file.path(), std::ios::app) << "er";
    CHECK(kinema::read_text(target) == "old");
    file.commit();
  }
  CHECK(kinema::read_text(target) == "newer");
  CHECK(std::distance(fs::directory_iterator(folder.path), fs::directory_iterator()) == 1);
  const auto before = fs::current_path();
  fs::current_path(folder.path);
  kinema::write_file("b.txt", "beside");
  fs::current_path(before);
  CHECK(kinema::read_text(folder.path / "b.txt") == "beside");
}

TEST_CASE("a folder that does not exist is one sentence naming the file") {
  Folder folder;
  auto target = folder.path / "missing" / "a.txt";
  CHECK_THROWS_WITH(kinema::write_file(target, "x"),
                    Catch::StartsWith(target.string() + ": cannot be written"));
}

TEST_CASE("the longest name that a file may have is written") {
  Folder folder;
  const auto target = folder.path / std::string(255, 'x');
  kinema::write_file(target, "whole");
  CHECK(kinema::read_text(target) == "whole");
}

TEST_CASE("a folder is tried before there is anything to write") {
  Folder folder;
  const auto error_of = [](const fs::path& file) {
    try {
      kinema::check_folder_of(file, "another -o");
      return std::string();
    } catch (const kinema::Error& error) {
      CHECK(error.kind() == kinema::ErrorKind::kIo);
      return error.what() + (" | " + error.hint());
    }
  };
  CHECK(error_of(folder.path / "a.mp4").empty());
  CHECK(error_of("a.mp4").empty());
  CHECK(fs::is_empty(folder.path));
  const auto missing = (folder.path / "it's new").string();
  CHECK(error_of(fs::path(missing) / "a.mp4") == missing + "/a.mp4: " + missing +
                                                     " does not exist | mkdir -p '" +
                                                     folder.path.string() + "/it'\\''s new'");
  kinema::write_file(folder.path / "file", "");
  CHECK(
      error_of(folder.path / "file/a.mp4").ends_with("/file is a file, not a folder | another -o"));
  // Its permissions would let root write.
  CHECK(error_of("/proc/a.mp4").starts_with("/proc/a.mp4: /proc takes no new file: "));
}

TEST_CASE("the folder in which missing ones would be made") {
  Folder folder;
  CHECK(kinema::nearest_existing(folder.path) == folder.path);
  CHECK(kinema::nearest_existing(folder.path / "a/b") == folder.path);
  CHECK(kinema::nearest_existing("no such/folder") == ".");
  CHECK(kinema::nearest_existing("/no such/folder") == "/");
  kinema::write_file(folder.path / "file", "");
  CHECK(kinema::nearest_existing(folder.path / "file/b") == folder.path / "file");
}
