// Names of the files of each output.
#include "config/outputs.h"

#include <catch2/catch.hpp>

using namespace kinema::config;

TEST_CASE("placeholders are replaced for each seed") {
  Request request;
  request.seed = 7;
  request.num_outputs_per_prompt = 2;
  request.output = "out/a-{seed}.mp4";
  request.save_latents = "{output}.latents.safetensors";
  request.metrics = with_seed("m.json");
  const auto outputs = output_files(request);
  REQUIRE(outputs.size() == 2);
  CHECK(outputs[0].video == "out/a-7.mp4");
  CHECK(outputs[1].video == "out/a-8.mp4");
  CHECK(outputs[1].latents == "out/a-8.latents.safetensors");
  CHECK(outputs[1].metrics == "m-8.json");
  CHECK_FALSE(outputs[0].tensors);
  CHECK(outputs[0].all().size() == 3);
}

TEST_CASE("single requests have one seed and their own files") {
  Request request;
  request.seed = 5;
  request.num_outputs_per_prompt = 3;
  request.frames_dir = "frames-{seed}";
  request.save_latents = "{output}.latents.safetensors";
  const auto singles = single_requests(request);
  REQUIRE(singles.size() == 3);
  CHECK(singles[2].seed == 7);
  CHECK(singles[2].num_outputs_per_prompt == 1);
  CHECK(singles[2].frames_dir == "frames-7");
  CHECK(singles[2].save_latents == "frames-7.latents.safetensors");
}

TEST_CASE("a seed goes before the extension, once") {
  CHECK(with_seed("a/b.c.mp4") == "a/b.c-{seed}.mp4");
  CHECK(with_seed("frames") == "frames-{seed}");
  CHECK(with_seed("x-{seed}.mp4") == "x-{seed}.mp4");
}
