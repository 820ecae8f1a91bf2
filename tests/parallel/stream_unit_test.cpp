// Flat buffers: offsets, types side by side, parameters that are pointed somewhere.
#include "parallel/stream_unit.h"

#include <ATen/ops/equal.h>
#include <ATen/ops/linear.h>
#include <c10/core/InferenceMode.h>
#include <catch2/catch.hpp>

using namespace kinema::parallel;

TEST_CASE("parameters begin at multiples of 256 bytes, and parts are equal") {
  FlatBlock block;
  block.add("weight", {3, 5}, at::kFloat);
  block.add("norm", {7}, at::kBFloat16);
  block.add("scalar", {}, at::kFloat);
  const auto& entries = block.entries();
  CHECK(entries[0].bytes == 60);
  CHECK(entries[1].offset == 256);
  CHECK(entries[1].bytes == 14);
  CHECK(entries[2].offset == 512);
  CHECK(block.bytes() == 768);
  CHECK(block.part_bytes(1) == 768);
  CHECK(block.part_bytes(2) == 512);
  CHECK(block.part_bytes(3) == 256);
  CHECK(block.part_bytes(4) == 256);
}

TEST_CASE("copies of a parameter follow it from slot to slot") {
  // As the engine works, and as everything else does.
  const c10::InferenceMode mode(GENERATE(true, false));
  StreamUnit unit;
  unit.layout.add("a", {2, 3}, at::kFloat);
  unit.layout.add("b", {2}, at::kDouble);
  for (const auto& entry : unit.layout.entries())
    unit.handles.push_back(unbound_parameter(entry.sizes, at::TensorOptions(entry.dtype)));
  const at::Tensor a = unit.handles[0], b = unit.handles[1];
  CHECK(a.sizes() == at::IntArrayRef({2, 3}));
  CHECK_THROWS(a.const_data_ptr());

  std::vector<at::Tensor> slots;
  for (int i = 0; i < 2; ++i) {
    auto slot = flat_buffer(unit.layout.bytes(), at::kCPU);
    CHECK(reinterpret_cast<uintptr_t>(slot.const_data_ptr()) % kFlatAlignment == 0);
    slot.narrow(0, 0, 24).view(at::kFloat).fill_(i + 1);
    slot.narrow(0, 256, 16).view(at::kDouble).fill_(i + 10);
    slots.push_back(slot);
  }
  for (int i : {0, 1, 0}) {
    bind(unit, slots[static_cast<size_t>(i)]);
    CHECK(at::equal(a, at::full({2, 3}, i + 1)));
    CHECK(at::equal(b, at::full({2}, i + 10, at::kDouble)));
    CHECK(at::equal(at::linear(at::ones({1, 3}), a), at::full({1, 2}, 3.0 * (i + 1))));
    unbind(unit);
    CHECK_THROWS(b.const_data_ptr());
  }
}
