// What a driver's library answers, asked from a process that stays clean.
#include "plan/gpu_driver.h"

#include <cstdlib>

#include <catch2/catch.hpp>
#include <dlfcn.h>

using namespace kinema::plan;

namespace {

using Names = std::vector<std::string>;

std::optional<Names> with_cards(const char* cards) {
  ::setenv("PLAYED_CUDA_CARDS", cards, 1);
  auto names = driver_gpus(KINEMA_PLAYED_CUDA);
  ::unsetenv("PLAYED_CUDA_CARDS");
  return names;
}

}  // namespace

TEST_CASE("the driver's library names the GPUs in its order") {
  CHECK(with_cards("NVIDIA L4,NVIDIA H200") == Names{"NVIDIA L4", "NVIDIA H200"});
  CHECK(with_cards("") == Names{});
  // This process has not loaded it.
  CHECK(::dlopen(KINEMA_PLAYED_CUDA, RTLD_NOLOAD | RTLD_NOW) == nullptr);
}

TEST_CASE("a driver that is not there, fails or dies has no answer") {
  CHECK_FALSE(driver_gpus("libno-such-driver.so.1"));
  CHECK_FALSE(driver_gpus(KINEMA_PLAYED_CUDA));  // cuInit fails
  CHECK_FALSE(with_cards("NVIDIA H200,dies"));
}
