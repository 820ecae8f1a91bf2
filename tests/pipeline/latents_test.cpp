// What stands between the stages: latents in files, and encoded prompts by content.
#include "pipeline/latents.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <catch2/catch.hpp>

#include "base/error.h"
#include "checkpoint/safetensors.h"
#include "pipeline/prompt_cache.h"
#include "support/temp_folder.h"

using namespace kinema;
using pipeline::Latents;

TEST_CASE("latents come back from their file as they were") {
  const test::TempFolder folder;
  const auto file = folder.path() / "latents.safetensors";
  const Latents latents{at::arange(24, at::kFloat).reshape({1, 2, 3, 2, 2}).transpose(3, 4),
                        at::arange(6, at::kFloat).reshape({1, 2, 3})};
  pipeline::write_latents(file, latents, "{\"job\": {}}");
  const auto back = pipeline::read_latents(file);
  CHECK(at::equal(back.video, latents.video));
  CHECK(at::equal(back.audio, latents.audio));
  CHECK(checkpoint::SafetensorsFile(file).metadata().at("job") == "{\"job\": {}}");
  pipeline::write_latents(file, {latents.video, {}}, "");
  CHECK_FALSE(pipeline::read_latents(file).audio.defined());
  CHECK_THROWS_WITH(pipeline::read_partial(file),
                    Catch::Contains("does not say after which step it was written"));
}

TEST_CASE("a generation that stopped says after which step") {
  const test::TempFolder folder;
  const auto file = folder.path() / "partial.safetensors";
  CHECK_FALSE(pipeline::read_partial(file).has_value());
  const Latents latents{at::arange(8, at::kFloat).reshape({1, 1, 2, 2, 2}), {}};
  pipeline::write_partial(file, {latents, 17});
  const auto back = pipeline::read_partial(file);
  REQUIRE(back.has_value());
  CHECK(back->steps_done == 17);
  CHECK(at::equal(back->latents.video, latents.video));
}

TEST_CASE("prompts are encoded once, and forgotten when nobody wants them") {
  pipeline::PromptCache<int> cache;
  CHECK(cache.want({"a", "b", "a"}) == std::vector<std::string>{"a", "b"});
  cache.put("a", 1);
  cache.put("b", 2);
  CHECK(cache.want({"b", "c"}) == std::vector<std::string>{"c"});
  cache.put("c", 3);
  CHECK(cache.get("b") == 2);
  CHECK(cache.get("c") == 3);
  CHECK_THROWS_AS(cache.get("a"), Error);
}
