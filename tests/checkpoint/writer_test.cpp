// What is written is read back, in pieces and in any order.
#include "checkpoint/writer.h"

#include <cstring>

#include <catch2/catch.hpp>

#include "checkpoint/component.h"
#include "support/temp_folder.h"

namespace {

using namespace kinema::checkpoint;

std::span<const std::byte> bytes(const char* text) {
  return {reinterpret_cast<const std::byte*>(text), std::strlen(text)};
}

std::string text(const StoredTensor& tensor) {
  const auto stored = tensor.bytes();
  return {reinterpret_cast<const char*>(stored.data()), stored.size()};
}

}  // namespace

TEST_CASE("tensors written in pieces come back aligned, with their metadata") {
  kinema::test::TempFolder folder;
  const auto file = folder / "out.safetensors";
  SafetensorsWriter writer(
      file, {{"small", Dtype::kU8, {3}}, {"wide", Dtype::kF64, {2, 1}}, {"none", Dtype::kF32, {0}}},
      {{"job", "{\"seed\": 1}"}});
  writer.append("wide", bytes("01234567"));
  writer.append("small", bytes("ab"));
  CHECK_FALSE(std::filesystem::exists(file));
  writer.append("wide", bytes("89abcdef"));
  writer.append("small", bytes("c"));
  writer.commit();
  const auto component = Component::open(file);
  CHECK(text(*component.find("wide")) == "0123456789abcdef");
  CHECK(text(*component.find("small")) == "abc");
  CHECK(component.find("wide")->entry.offset % 8 == 0);
  CHECK(component.find("wide")->entry.shape == std::vector<int64_t>{2, 1});
  CHECK(SafetensorsFile(file).metadata().at("job") == "{\"seed\": 1}");
}

TEST_CASE("a file that is not complete does not appear") {
  kinema::test::TempFolder folder;
  const auto file = folder / "out.safetensors";
  {
    SafetensorsWriter writer(file, {{"a", Dtype::kU8, {3}}});
    writer.append("a", bytes("ab"));
    CHECK_THROWS_WITH(writer.commit(), Catch::Contains("tensor \"a\" lacks 1 bytes"));
    CHECK_THROWS_WITH(writer.append("a", bytes("cd")),
                      Catch::Contains("not announced with so many bytes"));
    CHECK_THROWS_WITH(writer.append("b", bytes("cd")),
                      Catch::Contains("not announced with so many bytes"));
  }
  CHECK(std::filesystem::is_empty(folder.path()));
  CHECK_THROWS_WITH(SafetensorsWriter(file, {{"a", Dtype::kU8, {}}, {"a", Dtype::kU8, {}}}),
                    Catch::Contains("two tensors are called \"a\""));
  CHECK_THROWS_WITH(SafetensorsWriter(folder / "no" / "such.safetensors", {}),
                    Catch::Contains("cannot be written"));
}
