// Children read what is no longer in a file; how they end is looked at.
#include "checkpoint/lost_pages.h"

#include <array>
#include <csignal>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include <catch2/catch.hpp>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/atomic_file.h"
#include "checkpoint/mapped_file.h"
#include "support/temp_folder.h"

namespace {

namespace fs = std::filesystem;
using kinema::checkpoint::LostPages;
using kinema::checkpoint::MappedFile;

constexpr size_t kFileBytes = 1 << 20, kLeft = 5000;
constexpr size_t kBeyond = 700'000;

struct End {
  int exit_code = -1, signal = 0;
  std::string said;
};

// Runs `work` in a child in which lost pages are caught.
End in_child(const std::function<void()>& work) {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    {
      const LostPages lost([&](const kinema::Error& error) {
        const std::string what = error.what();
        (void)!::write(ends[1], what.data(), what.size());
        ::_exit(kinema::exit_code(error.kind()));
      });
      work();
    }
    ::_exit(0);
  }
  ::close(ends[1]);
  End end;
  std::array<char, 4096> buffer;
  for (ssize_t got = 0; (got = ::read(ends[0], buffer.data(), buffer.size())) > 0;)
    end.said.append(buffer.data(), static_cast<size_t>(got));
  ::close(ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  if (WIFEXITED(status)) end.exit_code = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) end.signal = WTERMSIG(status);
  return end;
}

fs::path whole_file(const fs::path& folder) {
  auto path = folder / "w.safetensors";
  kinema::write_file(path, std::string(kFileBytes, 'x'));
  return path;
}

// So that no compiler leaves it out.
char read_byte(const void* memory, size_t at) {
  return static_cast<const volatile char*>(memory)[at];
}

}  // namespace

TEST_CASE("a file that is cut short while it is mapped is named, on whatever thread it is read") {
  const kinema::test::TempFolder folder;
  const auto path = whole_file(folder.path());
  const bool on_thread = GENERATE(false, true);
  const auto end = in_child([&] {
    const MappedFile other(path), file(path);
    const auto read = [&] { read_byte(file.bytes().data(), kBeyond); };
    read();
    fs::resize_file(path, kLeft);
    on_thread ? std::thread(read).join() : read();
  });
  CHECK(end.said == path.string() + ": cannot be read at byte 700000: the file has become shorter");
  CHECK(end.exit_code == 4);
}

TEST_CASE("several threads that lose pages at once end the process once") {
  const kinema::test::TempFolder folder;
  const auto path = whole_file(folder.path());
  const auto end = in_child([&] {
    const MappedFile file(path);
    fs::resize_file(path, 0);
    std::array<std::thread, 4> threads;
    for (auto& thread : threads)
      thread = std::thread([&] { read_byte(file.bytes().data(), kBeyond); });
    for (auto& thread : threads) thread.join();
  });
  CHECK(end.said == path.string() + ": cannot be read at byte 700000: the file has become shorter");
  CHECK(end.exit_code == 4);
}

TEST_CASE("what is still in a shortened file can be read, and all of one that was renamed over") {
  const kinema::test::TempFolder folder;
  const auto path = whole_file(folder.path());
  const auto end = in_child([&] {
    const MappedFile file(path);
    kinema::write_file(path, "another file of the same name");
    if (read_byte(file.bytes().data(), kBeyond) != 'x') ::_exit(1);
    const MappedFile cut(path);
    fs::resize_file(path, 7);
    if (read_byte(cut.bytes().data(), 6) != 'r') ::_exit(2);
  });
  CHECK(end.exit_code == 0);
}

TEST_CASE("other bus errors end the process as ever") {
  const kinema::test::TempFolder folder;
  const auto path = whole_file(folder.path());
  SECTION("memory that is no MappedFile's") {
    const auto end = in_child([&] {
      const int descriptor = ::open(path.c_str(), O_RDONLY);
      const void* memory = ::mmap(nullptr, kFileBytes, PROT_READ, MAP_PRIVATE, descriptor, 0);
      fs::resize_file(path, 0);
      read_byte(memory, kBeyond);
    });
    CHECK(end.signal == SIGBUS);
  }
  SECTION("a file that is no longer mapped") {
    const auto end = in_child([&] {
      { const MappedFile file(path); }
      CHECK_FALSE(MappedFile::unreadable_at(nullptr));
      ::raise(SIGBUS);
    });
    CHECK(end.signal == SIGBUS);
  }
  CHECK(in_child([] { ::kill(::getpid(), SIGBUS); }).said.empty());
}

TEST_CASE("after it has gone a bus error is a signal again, and another may take its place") {
  const auto end = in_child([] {});
  CHECK(end.exit_code == 0);
  int calls = 0;
  for (int turn = 0; turn < 2; ++turn) const LostPages lost([&](const kinema::Error&) { ++calls; });
  CHECK(calls == 0);
}
