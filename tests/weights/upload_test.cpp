// What is stored arrives on a device whatever its size, type, cut and scale.
#include "weights/upload.h"

#include <filesystem>

#include <ATen/ops/arange.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <c10/core/InferenceMode.h>
#include <catch2/catch.hpp>

#include "base/error.h"
#include "support/temp_folder.h"
#include "weights/late_device.h"
#include "weights/stored_file.h"
#include "weights/weight_store.h"

using namespace kinema;
using test::LateDevice;
using weights::RingShape;
using weights::Slice;
using weights::StoredPart;
using weights::UploadRing;

namespace {

at::Tensor counted(at::IntArrayRef shape) {
  return at::arange(c10::multiply_integers(shape), at::kFloat).reshape(shape).div(8);
}

// `part` through a ring of that shape; everything has arrived.
at::Tensor arrived(const StoredPart& part,
                   at::ScalarType type,
                   const RingShape& shape,
                   LateDevice::Log& log) {
  auto into = at::full(part.sizes(), -1, type);
  UploadRing ring(std::make_unique<LateDevice>(log), shape);
  weights::upload(ring, part, into);
  return into;
}

struct Stored {
  explicit Stored(const test::NamedTensors& tensors)
      : store(test::stored_file(folder / "w.safetensors", tensors), {}) {}
  test::TempFolder folder;
  weights::WeightStore store;
};

}  // namespace

TEST_CASE("what goes round the ring arrives, whatever its size, type and cut") {
  const auto values = counted({23, 5, 2});
  Stored one({{"a", values}});
  auto& store = one.store;
  // 7 bytes hold one element, 40 a row, 100 two rows and a half.
  const int64_t bytes = GENERATE(7, 40, 100, 1000, 4096);
  const int threads = GENERATE(1, 3);
  const auto type = GENERATE(at::kFloat, at::kBFloat16, at::kDouble);
  const RingShape shape{.threads = threads, .buffers = 4, .buffer_bytes = bytes};
  CAPTURE(bytes, threads, type);
  const auto check = [&](const Slice& slice, const at::Tensor& want) {
    LateDevice::Log log;
    const auto got = arrived(store.locate("a", {23, 5, 2}, slice), type, shape, log);
    CHECK(at::equal(got, want.to(type)));
    CHECK(log.buffers <= 4);
    CHECK(log.most_pending <= 4);
    CHECK(log.waited == log.given);
  };
  check({}, values);
  check({0, 3, 9}, values.narrow(0, 3, 9));
  check({1, 1, 3}, values.narrow(1, 1, 3));
}

TEST_CASE("numbers, tensors without elements, and many tensors through one ring") {
  Stored one({{"s", at::full({}, 2.5)}, {"none", at::empty({0, 3})}, {"t", counted({40, 3})}});
  auto& store = one.store;
  LateDevice::Log log;
  std::vector<at::Tensor> got;
  {
    UploadRing ring(std::make_unique<LateDevice>(log),
                    {.threads = 2, .buffers = 3, .buffer_bytes = 24});
    for (int i = 0; i < 5; ++i) {
      for (const char* name : {"s", "none", "t"}) {
        const auto part = store.locate(name, store.component().find(name)->entry.shape, {});
        weights::upload(ring, part, got.emplace_back(at::empty(part.sizes())));
      }
    }
  }
  CHECK(log.begun == 15);
  CHECK(log.buffers == 3);
  for (size_t i = 0; i < got.size(); i += 3) {
    CHECK(got[i].item<float>() == 2.5F);
    CHECK(at::equal(got[i + 2], counted({40, 3})));
  }
}

TEST_CASE("8-bit floats are multiplied on the device, each row by its own scale") {
  const auto values = at::arange(12, at::kFloat).reshape({4, 3});
  const auto scale = at::arange(1, 5, at::kFloat).reshape({4, 1});
  Stored one({{"a.weight", values.to(at::kFloat8_e4m3fn)}, {"a.weight_scale", scale}});
  auto& store = one.store;
  const auto slice = GENERATE(Slice{}, Slice{0, 1, 2}, Slice{1, 1, 2});
  const int64_t bytes = GENERATE(2, 3, 7, 64);
  const auto want = values * scale;
  LateDevice::Log log;
  const auto got = arrived(store.locate("a.weight", {4, 3}, slice), at::kFloat,
                           {.threads = 2, .buffers = 2, .buffer_bytes = bytes}, log);
  CHECK(
      at::equal(got, slice.length == 0 ? want : want.narrow(slice.dim, slice.start, slice.length)));
}

TEST_CASE("what a reader meets is one sentence, and the ring goes on") {
  const auto values = counted({4096, 64});
  Stored one({{"a", values}, {"b", counted({64})}});
  const auto broken = one.store.locate("a", {4096, 64}, {});
  const auto file = one.folder / "w.safetensors";
  std::filesystem::copy_file(file, one.folder / "whole.safetensors");
  LateDevice::Log log;
  UploadRing ring(std::make_unique<LateDevice>(log),
                  {.threads = 3, .buffers = 3, .buffer_bytes = 4096});
  std::filesystem::resize_file(file, 8192);
  std::string said;
  try {
    weights::upload(ring, broken, at::empty({4096, 64}));
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::kModel);
    said = error.what();
  }
  CAPTURE(said);
  CHECK(said.starts_with(file.string() + ": cannot be read at byte "));
  CHECK(said.ends_with(": the file has become shorter"));
  weights::WeightStore whole(checkpoint::Component::open(one.folder / "whole.safetensors"), {});
  const auto again = at::empty({4096, 64});
  weights::upload(ring, whole.locate("a", {4096, 64}, {}), again);
}

TEST_CASE("tensors of inference mode can be filled by other threads") {
  const c10::InferenceMode inference;
  Stored one({{"a", counted({64, 8})}});
  auto& store = one.store;
  LateDevice::Log log;
  const auto got = arrived(store.locate("a", {64, 8}, {}), at::kBFloat16,
                           {.threads = 3, .buffers = 3, .buffer_bytes = 64}, log);
  CHECK(at::equal(got, counted({64, 8}).to(at::kBFloat16)));
}
