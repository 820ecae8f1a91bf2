// Previews come when they are due, are small, and never end a job.
#include "pipeline/step_preview.h"

#include <filesystem>

#include <ATen/ops/full.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/zeros.h>
#include <catch2/catch.hpp>

#include "media/image_file.h"
#include "support/temp_folder.h"

using namespace kinema;
using namespace kinema::pipeline;

namespace {

// Frame f is filled with f - 1: -1, 0, 1, …
at::Tensor frames_of(const at::Tensor& latents) {
  auto pixels = at::zeros({1, 3, latents.size(2), 2 * latents.size(3), 2 * latents.size(4)});
  for (int64_t f = 0; f < latents.size(2); ++f)
    pixels.select(2, f).fill_(static_cast<double>(f) - 1);
  return pixels;
}

}  // namespace

TEST_CASE("pictures come every few steps, the last frame of the begin") {
  const test::TempFolder folder;
  StepPreview preview({.every = 2, .file = folder / "step-{step}.png"});
  CHECK_FALSE(preview.is_due(2));  // nothing decodes yet
  preview.decode_with(frames_of);
  CHECK_FALSE(preview.is_due(1));
  REQUIRE(preview.is_due(2));
  preview.show(2, at::rand({1, 4, 5, 3, 4}));
  const auto picture = media::read_image(folder / "step-2.png");
  CHECK(picture.size == media::Size{8, 6});
  for (const auto value : picture.rgb) REQUIRE(value == 128);  // of two frames the second
  preview.decode_with({});
  CHECK_FALSE(preview.is_due(4));
}

TEST_CASE("a file without a place for the step is replaced") {
  const test::TempFolder folder;
  StepPreview preview({.every = 1, .file = folder / "now.png"});
  preview.decode_with([](const at::Tensor& latents) {
    return at::full({1, 3, 1, 2, 2}, latents.max().item<double>());
  });
  preview.show(1, at::full({1, 1, 1, 1, 1}, 3.0));  // brighter than white
  CHECK(media::read_image(folder / "now.png").rgb[0] == 255);
  preview.show(2, at::full({1, 1, 1, 1, 1}, -1.0));
  CHECK(media::read_image(folder / "now.png").rgb[0] == 0);
}

TEST_CASE("large latents are averaged over squares") {
  CHECK(preview_latents(at::rand({1, 4, 1, 40, 40})).sizes() == at::IntArrayRef({1, 4, 1, 40, 40}));
  const auto latents = at::rand({1, 4, 7, 45, 80});
  const auto small = preview_latents(latents);
  CHECK(small.sizes() == at::IntArrayRef({1, 4, 2, 22, 40}));
  const auto square = latents[0][3][1].narrow(0, 2, 2).narrow(1, 6, 2);
  CHECK(small[0][3][1][1][3].item<float>() == Approx(square.mean().item<float>()));
}

TEST_CASE("what goes wrong ends the previews and not the job") {
  const test::TempFolder folder;
  StepPreview preview({.every = 1, .file = folder / "missing" / "now.png"});
  preview.decode_with(frames_of);
  CHECK_NOTHROW(preview.show(1, at::rand({1, 4, 1, 3, 4})));
  CHECK_FALSE(preview.is_due(2));
}
