// The planner's arithmetic, at the sizes of real models.
#include "plan/residency.h"

#include <catch2/catch.hpp>

using namespace kinema::plan;

namespace {

// 48 blocks of 386M parameters in bfloat16, and what is not in blocks.
constexpr StreamShape kLtx{.blocks = 48, .block_bytes = 772'000'000};
constexpr double kLtxRoot = 0.75e9;

double gigabytes(StreamShape shape, int64_t ranks) {
  shape.ranks = ranks;
  return (static_cast<double>(stream_bytes(shape, 0)) + kLtxRoot) * 1e-9;
}

}  // namespace

TEST_CASE("shards and two slots") {
  CHECK(gigabytes(kLtx, 2) == Approx(20.9).margin(0.2));
  CHECK(gigabytes(kLtx, 4) == Approx(11.6).margin(0.2));
  CHECK(gigabytes(kLtx, 8) == Approx(7.0).margin(0.2));
  CHECK(stream_bytes(kLtx, 48) == 48 * kLtx.block_bytes);
  auto offloaded = kLtx;
  offloaded.parts_on_device = false;
  CHECK(stream_bytes(offloaded, 0) == 2 * kLtx.block_bytes);
  CHECK(stream_bytes(offloaded, 47) == 48 * kLtx.block_bytes);
}

TEST_CASE("as many blocks stay as the budget allows") {
  auto shape = kLtx;
  shape.ranks = 8;
  CHECK(affordable_blocks(shape, 48 * kLtx.block_bytes) == 48);
  CHECK(affordable_blocks(shape, 0) == 0);
  for (int64_t resident : {0, 1, 7, 20, 45}) {
    const auto bytes = stream_bytes(shape, resident);
    CHECK(affordable_blocks(shape, bytes) == resident);
    CHECK(affordable_blocks(shape, bytes - 1) == std::max<int64_t>(0, resident - 1));
    // K = floor((M - D*W - shards) / (W*(1 - 1/N))), shards being those of all blocks.
    const double w = static_cast<double>(kLtx.block_bytes);
    const double formula = (static_cast<double>(bytes) - 2 * w - 48 * w / 8) / (w * (1 - 1.0 / 8));
    CHECK(formula == Approx(static_cast<double>(resident)).margin(1e-6));
  }
}

TEST_CASE("resident blocks are spread evenly") {
  CHECK(resident_blocks(4, 0).empty());
  CHECK(resident_blocks(4, 4) == std::vector<int64_t>{0, 1, 2, 3});
  CHECK(resident_blocks(6, 2) == std::vector<int64_t>{2, 5});
  CHECK(resident_blocks(5, 3) == std::vector<int64_t>{1, 3, 4});
  for (int64_t resident = 1; resident <= 54; ++resident) {
    const auto indices = resident_blocks(54, resident);
    REQUIRE(indices.size() == static_cast<size_t>(resident));
    // Round the ring, gaps differ by one at most.
    int64_t least = 54, most = 0;
    for (size_t i = 0; i < indices.size(); ++i) {
      const int64_t next = i + 1 < indices.size() ? indices[i + 1] : indices[0] + 54;
      least = std::min(least, next - indices[i]);
      most = std::max(most, next - indices[i]);
    }
    CHECK(most - least <= 1);
  }
}

TEST_CASE("waiting ends where fetches are no longer than computing") {
  // LTX-2, 512x768x121 on 8 ranks that share the tokens too.
  const StreamTimes times{.compute = 1.09e-3, .fetch = 1.93e-3};
  CHECK(blocks_to_hide_all(kLtx, times) == 21);
  CHECK(exposed_seconds(kLtx, 0, times) == Approx(48 * (1.93e-3 - 1.09e-3)));
  CHECK(exposed_seconds(kLtx, 21, times) == 0);
  CHECK(exposed_seconds(kLtx, 20, times) > 0);
  CHECK(blocks_to_hide_all(kLtx, {.compute = 2, .fetch = 1}) == 0);
  auto one_slot = kLtx;
  one_slot.slots = 1;
  CHECK(exposed_seconds(one_slot, 0, {.compute = 2, .fetch = 1}) == 48);
}

TEST_CASE("offloaded blocks live in host memory where that saves something and fits") {
  CHECK(offload_home({.bytes = 10, .free = 20, .on_cpu = false}) == OffloadHome::kHostMemory);
  CHECK(offload_home({.bytes = 30, .free = 20, .on_cpu = false}) == OffloadHome::kFiles);
  CHECK(offload_home({.bytes = 10, .free = 20, .ranks = 2, .on_cpu = false}) ==
        OffloadHome::kHostMemory);
  CHECK(offload_home({.bytes = 10, .free = 20, .ranks = 3, .on_cpu = false}) ==
        OffloadHome::kFiles);
  CHECK(offload_home({.bytes = 10, .free = 20, .on_cpu = true}) == OffloadHome::kFiles);
  CHECK(offload_home({.bytes = 10, .free = 20, .on_cpu = true, .converts = true}) ==
        OffloadHome::kHostMemory);
  CHECK(offload_home({.bytes = 10, .free = 0, .on_cpu = false}) == OffloadHome::kHostMemory);
  const OffloadCase beside{.bytes = 10, .reserved = 10, .free = 20, .on_cpu = false};
  CHECK(offload_home(beside) == OffloadHome::kHostMemory);
  CHECK(offload_home({.bytes = 10, .reserved = 11, .free = 20, .on_cpu = false}) ==
        OffloadHome::kFiles);
}

TEST_CASE("--offload disk keeps blocks in the files wherever they would fit") {
  CHECK(offload_home({.bytes = 10, .free = 20, .on_cpu = false, .from_disk = true}) ==
        OffloadHome::kFiles);
  CHECK(offload_home(
            {.bytes = 10, .free = 20, .on_cpu = true, .converts = true, .from_disk = true}) ==
        OffloadHome::kFiles);
}
