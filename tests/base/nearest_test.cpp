// Spelling help.
#include "base/nearest.h"

#include <catch2/catch.hpp>

TEST_CASE("the nearest name is offered, a far one is not") {
  const std::vector<std::string> flags = {"--num-frames", "--num-gpus", "--seed"};
  CHECK(kinema::did_you_mean("--num-frame", flags) == "did you mean --num-frames?");
  CHECK(kinema::did_you_mean("--quantise-everything", flags).empty());
  CHECK(kinema::nearest("--num-gpu", flags, 2) == std::vector<std::string>{"--num-gpus"});
}
