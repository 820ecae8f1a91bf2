// Bytes of a file as tensors: without a copy, of every type, and with their pages given back after
// a conversion.
#include "weights/stored.h"

#include <cstring>
#include <fstream>

#include "base/atomic_file.h"
#include "support/temp_folder.h"
#include "support/tensors.h"
#include "weights/convert.h"
#include "weights/stored_file.h"

namespace {

using namespace kinema;
using kinema::test::from_bits;
using kinema::test::stored_file;

// Kilobytes of `file` that are resident through its mappings in this process.
int64_t resident_kb(const std::filesystem::path& file) {
  std::ifstream maps("/proc/self/smaps");
  int64_t total = 0;
  bool inside = false;
  for (std::string line; std::getline(maps, line);) {
    if (line.find('-') < line.find(' ')) inside = line.ends_with(file.string());
    if (inside && line.starts_with("Rss:")) total += std::stoll(line.substr(4));
  }
  return total;
}

}  // namespace

TEST_CASE("a view shares the file's bytes and keeps them mapped") {
  test::TempFolder folder;
  at::Tensor view;
  {
    const auto component =
        stored_file(folder / "w.safetensors", {{"a", at::arange(6, at::kFloat).reshape({2, 3})}});
    view = weights::view(*component.find("a"));
    CHECK(view.const_data_ptr() == component.find("a")->bytes().data());
  }
  std::filesystem::remove(folder / "w.safetensors");
  CHECK(at::equal(view, at::arange(6, at::kFloat).reshape({2, 3})));
}

TEST_CASE("bytes that are not aligned to their elements are copied") {
  test::TempFolder folder;
  std::string header =
      R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"F32","shape":[2],"data_offsets":[1,9]}})";
  header.append((8 - header.size() % 8) % 8, ' ');
  const float values[] = {1.5F, -2.0F};
  std::string bytes(8, '\0');
  bytes[0] = static_cast<char>(header.size());
  bytes += header + "\x07";
  bytes.append(reinterpret_cast<const char*>(values), sizeof(values));
  write_file(folder / "w.safetensors", bytes);
  const auto component = checkpoint::Component::open(folder / "w.safetensors");
  const auto b = weights::view(*component.find("b"));
  CHECK(b.const_data_ptr() != component.find("b")->bytes().data());
  CHECK(at::equal(b, at::tensor({1.5F, -2.0F})));
  CHECK(weights::view(*component.find("a")).item<int>() == 7);
}

TEST_CASE("every type of the format has its values") {
  test::TempFolder folder;
  const auto bits8 = [](at::ScalarType dtype) {
    return from_bits<uint8_t>(dtype, {0x38, 0xb8, 0x01, 0x7e});
  };
  const auto component = stored_file(
      folder / "w.safetensors",
      {{"F64", from_bits<uint64_t>(at::kDouble, {0x3ff0000000000000, 0xc000000000000000})},
       {"F32", from_bits<uint32_t>(at::kFloat, {0x3f800000, 0xc0000000})},
       {"F16", from_bits<uint16_t>(at::kHalf, {0x3c00, 0xc000})},
       {"BF16", from_bits<uint16_t>(at::kBFloat16, {0x3f80, 0xc000})},
       {"F8_E4M3", bits8(at::kFloat8_e4m3fn)},
       {"F8_E5M2", from_bits<uint8_t>(at::kFloat8_e5m2, {0x3c, 0xbc, 0x01, 0x7b})},
       {"I64", at::tensor({INT64_MIN, int64_t{5}})},
       {"I32", at::tensor({-7, 8}, at::kInt)},
       {"I16", at::tensor({-7, 8}, at::kShort)},
       {"I8", at::tensor({-7, 8}, at::kChar)},
       {"U64", from_bits<uint64_t>(at::kUInt64, {1, 2})},
       {"U32", from_bits<uint32_t>(at::kUInt32, {1, 2})},
       {"U16", from_bits<uint16_t>(at::kUInt16, {1, 2})},
       {"U8", at::tensor({200, 8}, at::kByte)},
       {"BOOL", from_bits<uint8_t>(at::kBool, {1, 0})},
       {"scalar", at::scalar_tensor(3.0)},
       {"none", at::empty({0, 4})}});
  const auto get = [&](const char* name) { return weights::view(*component.find(name)); };
  for (const char* name : {"F64", "F32", "F16", "BF16"}) {
    CAPTURE(name);
    CHECK(tensor::safetensors_name(get(name).scalar_type()) == name);
    CHECK(at::equal(get(name).to(at::kFloat), at::tensor({1.0F, -2.0F})));
  }
  CHECK(at::equal(get("F8_E4M3").to(at::kFloat), at::tensor({1.0F, -1.0F, 0.001953125F, 448.0F})));
  CHECK(at::equal(get("F8_E5M2").to(at::kFloat), at::tensor({1.0F, -1.0F, 0x1p-16F, 57344.0F})));
  CHECK(get("I64")[0].item<int64_t>() == INT64_MIN);
  for (const char* name : {"I32", "I16", "I8"}) CHECK(get(name)[0].item<int>() == -7);
  for (const char* name : {"U64", "U32", "U16"})
    CHECK(get(name).to(at::kLong)[1].item<int64_t>() == 2);
  CHECK(get("U8")[0].item<int>() == 200);
  CHECK(get("BOOL")[0].item<bool>());
  CHECK(get("scalar").dim() == 0);
  CHECK(get("scalar").item<float>() == 3.0F);
  CHECK(get("none").sizes() == at::IntArrayRef({0, 4}));
}

TEST_CASE(
    "a conversion is the type's own rounding, piece by piece, and leaves no page of the source "
    "resident") {
  test::TempFolder folder;
  const auto file = std::filesystem::canonical(folder.path()) / "w.safetensors";
  // 40 MiB: more than two pieces.
  const auto values = at::randn({2560, 4096}, at::kFloat);
  const auto component = stored_file(file, {{"a", values}});
  const auto& stored = *component.find("a");
  const auto converted = weights::converted(stored, {.dtype = at::kBFloat16}, {}, {});
  CHECK(at::equal(converted, values.to(at::kBFloat16)));
  CHECK(resident_kb(file) < 1024);
}

TEST_CASE("a view's pages are resident while it lives") {
  test::TempFolder folder;
  const auto file = std::filesystem::canonical(folder.path()) / "w.safetensors";
  const auto values = at::randn({2048, 1024}, at::kFloat);
  const auto component = stored_file(file, {{"a", values}, {"b", values}});
  const auto kept = weights::view(*component.find("a"));
  CHECK(at::equal(kept, values));
  {
    const auto part = weights::view(*component.find("b")).narrow(0, 1, 2047);
    CHECK(at::equal(part, values.narrow(0, 1, 2047)));
    CHECK(resident_kb(file) > 16000);
  }
  CHECK(resident_kb(file) > 8000);
  CHECK(resident_kb(file) < 8400);
  CHECK(at::equal(kept, values));
}

TEST_CASE("load_tensors gives a whole file") {
  test::TempFolder folder;
  stored_file(folder / "w.safetensors", {{"a", at::ones({2})}, {"b", at::zeros({1})}});
  const auto tensors = weights::load_tensors(folder / "w.safetensors");
  CHECK(tensors.size() == 2);
  CHECK(at::equal(tensors.at("a"), at::ones({2})));
}
