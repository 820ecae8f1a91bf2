// Good files are read whole; every kind of bad one is one sentence that says which.
#include "checkpoint/safetensors.h"

#include <cstring>

#include <catch2/catch.hpp>

#include "checkpoint/raw_file.h"
#include "support/temp_folder.h"

namespace {

using namespace kinema::checkpoint;
using kinema::test::raw_safetensors;

// What is said of a file "w.safetensors" with these bytes.
std::string refusal(const std::string& bytes) {
  kinema::test::TempFolder folder;
  const auto file = folder / "w.safetensors";
  kinema::write_file(file, bytes);
  return kinema::test::model_error([&] { SafetensorsFile{file}; }, folder.path());
}

// One tensor's entry in a header.
std::string entry(
    const char* name, const char* dtype, const char* shape, uint64_t begin, uint64_t end) {
  return std::string("\"") + name + R"(":{"dtype":")" + dtype + R"(","shape":)" + shape +
         R"(,"data_offsets":[)" + std::to_string(begin) + "," + std::to_string(end) + "]}";
}

std::string with(const std::string& entries, size_t data_bytes) {
  return raw_safetensors("{" + entries + "}", std::string(data_bytes, '\x01'));
}

}  // namespace

TEST_CASE("entries, metadata and bytes of a file") {
  kinema::test::TempFolder folder;
  const std::string data("\x00\x00\x80\x3f\x07\x08", 6);
  const auto header = R"({"__metadata__":{"format":"pt"},)" + entry("late", "U8", "[2]", 4, 6) +
                      "," + entry("a.b", "F32", "[1,1]", 0, 4) + "," +
                      entry("none", "F16", "[0,3]", 6, 6) + "}   ";
  kinema::write_file(folder / "w.safetensors", raw_safetensors(header, data));
  const SafetensorsFile file(folder / "w.safetensors");
  CHECK(file.metadata().at("format") == "pt");
  REQUIRE(file.entries().size() == 3);
  const auto& first = file.entries()[0];
  CHECK(first.name == "a.b");
  CHECK(first.dtype == Dtype::kF32);
  CHECK(first.shape == std::vector<int64_t>{1, 1});
  CHECK(first.elements() == 1);
  float value = 0;
  std::memcpy(&value, file.bytes(first).data(), sizeof(value));
  CHECK(value == 1.0F);
  CHECK(file.bytes(file.entries()[1])[1] == std::byte{8});
  CHECK(file.entries()[2].elements() == 0);
}

TEST_CASE("every type of the format has its size") {
  const std::vector<std::pair<const char*, uint64_t>> types = {
      {"F64", 8},     {"F32", 4}, {"F16", 2}, {"BF16", 2}, {"F8_E4M3", 1},
      {"F8_E5M2", 1}, {"I64", 8}, {"I32", 4}, {"I16", 2},  {"I8", 1},
      {"U64", 8},     {"U32", 4}, {"U16", 2}, {"U8", 1},   {"BOOL", 1}};
  for (const auto& [name, bytes] : types) {
    CAPTURE(name);
    CHECK(refusal(with(entry("x", name, "[3]", 0, 3 * bytes), 3 * bytes)) == "no error");
    const auto dtype = parse_dtype(name);
    REQUIRE(dtype);
    CHECK(dtype_name(*dtype) == name);
  }
}

TEST_CASE("what is no safetensors file is called what it is") {
  CHECK(refusal("") == "w.safetensors: is empty, not a safetensors file");
  CHECK(refusal("abc") == "w.safetensors: is not a safetensors file");
  CHECK(refusal(std::string(4096, 'x')) == "w.safetensors: is not a safetensors file");
  CHECK(refusal("version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 7\n") ==
        "w.safetensors: is a Git LFS pointer, not the weights themselves | run `git lfs pull` in "
        "the model's folder");
  CHECK(refusal("PK\x03\x04 and more of an archive") ==
        "w.safetensors: is not a safetensors file but a PyTorch archive (.bin, .pt, .ckpt) | only "
        "safetensors files are read");
  CHECK(refusal("\x80\x02}q\x01 pickled things") ==
        "w.safetensors: is not a safetensors file but a Python pickle (.bin, .pt, .ckpt) | only "
        "safetensors files are read");
  CHECK(refusal("GGUF\x03 and so on and on") ==
        "w.safetensors: is not a safetensors file but a GGUF file | only safetensors files "
        "are read");
  CHECK(refusal({"\0\0\0\x20"
                 "ftypisom and boxes",
                 22}) ==
        "w.safetensors: is not a safetensors file but a video (.mp4, .mov) | only safetensors "
        "files are read");
  CHECK(refusal("<!doctype html><html>404</html>") ==
        "w.safetensors: is not a safetensors file but a web page | only safetensors files "
        "are read");
  kinema::test::TempFolder folder;
  CHECK(kinema::test::model_error([&] { SafetensorsFile{folder / "none"}; }, folder.path()) ==
        "none: no such file");
  CHECK(kinema::test::model_error([&] { SafetensorsFile{folder.path()}; },
                                  folder.path().parent_path()) ==
        folder.path().filename().string() + ": no such file");
}

TEST_CASE("a file that ends early says what it promised") {
  const auto whole = with(entry("x", "F32", "[4]", 0, 16), 16);
  const auto size = whole.size();
  CHECK(refusal(whole) == "no error");
  CHECK(refusal(whole.substr(0, size - 1)) ==
        "w.safetensors: is cut short: it ends after " + std::to_string(size - 1) +
            " bytes, its header promises " + std::to_string(size) + " | download the file again");
  CHECK(refusal(whole.substr(0, 20)) ==
        "w.safetensors: is cut short: it ends after 20 bytes, its header alone needs " +
            std::to_string(size - 16) + " | download the file again");
  auto endless = whole;
  endless[7] = '\x7f';
  CHECK_THAT(refusal(endless), Catch::StartsWith("w.safetensors: promises a header of 9151"));
  auto longer = whole;
  longer[3] = '\x02';
  CHECK_THAT(refusal(longer), Catch::Contains("its header alone needs 335"));
}

TEST_CASE("ranges must tile the file") {
  CHECK(refusal(with(entry("a", "F32", "[2]", 0, 8) + "," + entry("b", "F32", "[2]", 4, 12), 12)) ==
        R"(w.safetensors: tensors "a" and "b" overlap)");
  CHECK(
      refusal(with(entry("a", "F32", "[2]", 0, 8) + "," + entry("b", "F32", "[1]", 12, 16), 16)) ==
      R"(w.safetensors: 4 bytes before tensor "b" belong to no tensor, which the format forbids)");
  CHECK(
      refusal(with(entry("a", "F32", "[1]", 4, 8), 8)) ==
      R"(w.safetensors: 4 bytes before tensor "a" belong to no tensor, which the format forbids)");
  CHECK(refusal(with(entry("a", "F32", "[1]", 0, 4), 9)) ==
        "w.safetensors: 5 bytes at its end belong to no tensor, which the format forbids");
  CHECK(refusal(with(entry("a", "F32", "[1]", 8, 4), 8)) ==
        R"(w.safetensors: tensor "a": has the impossible range [8,4] in "data_offsets")");
  CHECK(
      refusal(with(entry("a", "U8", "[1]", UINT64_MAX - 1, UINT64_MAX), 8)) ==
      R"(w.safetensors: tensor "a": has the impossible range [18446744073709551614,18446744073709551615] in )"
      R"("data_offsets")");
}

TEST_CASE("a tensor's description must make sense") {
  CHECK(refusal(with(entry("a", "F32", "[3]", 0, 8), 8)) ==
        R"(w.safetensors: tensor "a": takes 8 bytes, but F32 [3] needs 12)");
  CHECK(
      refusal(with(entry("a", "F4", "[2]", 0, 1), 1)) ==
      R"(w.safetensors: tensor "a": has the type "F4", which is not read | known are F64, F32, F16, BF16, F8_E4M3, )"
      "F8_E5M2, I64, I32, I16, I8, U64, U32, U16, U8, BOOL");
  CHECK(refusal(with(entry("a", "F32", "[-1]", 0, 4), 4)) ==
        R"(w.safetensors: tensor "a": has the size -1 in its shape; sizes are integers from 0)");
  CHECK(refusal(with(entry("a", "F32", "[1.5]", 0, 4), 4)) ==
        R"(w.safetensors: tensor "a": has the size 1.5 in its shape; sizes are integers from 0)");
  CHECK(
      refusal(with(entry("a", "F32", "[18446744073709551615]", 0, 4), 4)) ==
      R"(w.safetensors: tensor "a": has the size 18446744073709551615 in its shape; sizes are integers from 0)");
  CHECK(
      refusal(with(entry("a", "F32", "[4294967296,4294967296]", 0, 0), 0)) ==
      R"(w.safetensors: tensor "a": has the shape [4294967296, 4294967296], more bytes than a file can have)");
  CHECK(refusal(with(R"("a":{"dtype":"F32","shape":[1]})", 4)) ==
        R"(w.safetensors: tensor "a": has no "data_offsets" of two integers from 0)");
  CHECK(refusal(with(R"("a":{"dtype":"F32","shape":[1],"data_offsets":[-4,0]})", 4)) ==
        R"(w.safetensors: tensor "a": has no "data_offsets" of two integers from 0)");
  CHECK(refusal(with(R"("a":{"dtype":"F32","data_offsets":[0,4]})", 4)) ==
        R"(w.safetensors: tensor "a": has no "shape" list)");
  CHECK(refusal(with(R"("a":{"dtype":32,"shape":[1],"data_offsets":[0,4]})", 4)) ==
        R"(w.safetensors: tensor "a": has no "dtype" string)");
  CHECK(refusal(with(R"("a":[1])", 4)) ==
        R"(w.safetensors: tensor "a": is not described by an object)");
}

TEST_CASE("a header must be JSON that says each thing once") {
  CHECK_THAT(refusal(raw_safetensors("{\"a\": nonsense}", "")),
             Catch::StartsWith("w.safetensors (header):1:8: "));
  CHECK(refusal(raw_safetensors("{\"\xff\": 1}", "")) ==
        "w.safetensors (header):1:3: syntax error while parsing object key - invalid string: "
        "ill-formed UTF-8 byte");
  CHECK(refusal(with(entry("a", "U8", "[1]", 0, 1) + "," + entry("a", "U8", "[1]", 1, 2), 2)) ==
        R"(w.safetensors (header): the key "a" stands twice in one object)");
  CHECK(refusal(raw_safetensors(R"({"__metadata__":[]})", "")) ==
        R"(w.safetensors: has a "__metadata__" that is not an object)");
  CHECK(refusal(raw_safetensors(R"({"__metadata__":{"n":1}})", "")) ==
        R"(w.safetensors: has the metadata "n", which is not a string)");
  CHECK(refusal(raw_safetensors("{}", "")) == "no error");
}
