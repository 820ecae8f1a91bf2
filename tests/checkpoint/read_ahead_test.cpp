// What is read ahead is what was asked for; files that go bad meanwhile disturb nobody.
#include "checkpoint/read_ahead.h"

#include <catch2/catch.hpp>
#include <fcntl.h>
#include <unistd.h>

#include "checkpoint/raw_file.h"
#include "support/temp_folder.h"

using namespace kinema;
using checkpoint::Component;
using checkpoint::ReadAhead;

namespace {

constexpr uint64_t kAll = uint64_t{1} << 40;

// "a" and "b" of 3 Mi and "c" of 1 Mi floats, of which `needed` are wanted.
checkpoint::Wanted wanted(const std::filesystem::path& folder, const std::string& needed) {
  const uint64_t mebi = 1 << 20;
  std::string header, data(7 * 4 * mebi, '\x01');
  uint64_t at = 0;
  for (const auto& [name, count] : {std::pair{"a", 3 * mebi}, {"b", 3 * mebi}, {"c", mebi}}) {
    header += std::string(header.empty() ? "{" : ",") + "\"" + name +
              R"(":{"dtype":"F32","shape":[)" + std::to_string(count) + R"(],"data_offsets":[)" +
              std::to_string(at) + "," + std::to_string(at + 4 * count) + "]}";
    at += 4 * count;
  }
  const auto file = folder / "w.safetensors";
  write_file(file, test::raw_safetensors(header + "}", data));
  return {"net", file,
          [needed](const std::string& name) { return needed.find(name) != std::string::npos; }};
}

// Has the system forget the file, which it does for clean pages that nobody maps.
void forget(const std::filesystem::path& file) {
  const int descriptor = ::open(file.c_str(), O_RDONLY);
  ::fsync(descriptor);
  ::posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED);
  ::close(descriptor);
}

}  // namespace

TEST_CASE("the needed tensors are looked at once each, and are there afterwards") {
  const test::TempFolder folder;
  auto one = wanted(folder.path(), "ac");
  forget(folder / "w.safetensors");
  const auto opened = Component::open(one.path);
  const auto& c = *opened.find("c");
  ReadAhead ahead({std::move(one)}, kAll);
  ahead.wait();
  const auto measures = ahead.measures();
  REQUIRE(measures.size() == 1);
  CHECK(measures[0].name == "net");
  CHECK(measures[0].bytes == 4 * 4 << 20);
  CHECK(measures[0].cached <= measures[0].bytes);
  CHECK(c.map->cached_bytes(c.bytes()) >= c.bytes().size());
}

TEST_CASE("nothing is read beyond the budget, and nothing after the end") {
  const test::TempFolder folder;
  auto one = wanted(folder.path(), "abc");
  forget(folder / "w.safetensors");
  ReadAhead none({one}, 0);
  none.wait();
  CHECK(none.measures().empty());
  ReadAhead little({one, one}, 1);
  little.wait();
  REQUIRE(little.measures().size() == 1);
  CHECK(little.measures()[0].bytes < 28 << 20);
  const ReadAhead stopped({one, one}, kAll);
}

TEST_CASE("a file that is not whole is left to those who need it") {
  const test::TempFolder folder;
  auto one = wanted(folder.path(), "abc");
  std::filesystem::resize_file(folder / "w.safetensors", 5000);
  ReadAhead ahead({one, one}, kAll);
  ahead.wait();
  CHECK(ahead.measures().size() == 2);
}

TEST_CASE("bytes past the map are the same, and missing ones are one sentence") {
  const test::TempFolder folder;
  const auto opened = Component::open(wanted(folder.path(), "a").path);
  const auto& map = *opened.find("a")->map;
  std::vector<std::byte> bytes(64);
  map.read(16, bytes);
  CHECK(std::equal(bytes.begin(), bytes.end(), map.bytes().begin() + 16));
  std::filesystem::resize_file(folder / "w.safetensors", 40);
  CHECK(test::model_error([&] { map.read(16, bytes); }, folder.path()) ==
        "w.safetensors: cannot be read at byte 40: the file has become shorter");
}
