// Tiles against the reference's, whoever decodes them when.
#include "models/hunyuan15/vae_tiles.h"

#include <ATen/ATen.h>
#include <catch2/catch.hpp>

#include "models/hunyuan15/vae_case.h"
#include "support/tensors.h"

namespace kinema::hunyuan15 {
namespace {

constexpr int64_t kPixelsPerLatent = 16;

plan::TileGrid decode_grid(const at::Tensor& latents, const plan::Tiling& tiling) {
  return plan::TileGrid::for_decode(latents.size(3), latents.size(4), tiling, kPixelsPerLatent);
}

// The pieces a blender hands on, in their places.
struct Canvas {
  at::Tensor video;

  models::PieceSink sink() {
    return [this](const at::Tensor& piece, const plan::Rect& where) {
      video.narrow(3, where.top, where.height).narrow(4, where.left, where.width).copy_(piece);
    };
  }
};

Canvas canvas(int64_t frames, const plan::TileGrid& grid) {
  return {at::full({1, 3, frames, grid.height(), grid.width()}, NAN)};
}

void decode_tiled(const VideoDecoder& decoder,
                  const at::Tensor& latents,
                  const plan::TileGrid& grid,
                  int64_t latent_frames,
                  const models::PieceSink& sink) {
  models::TileBlender blender(grid, sink);
  for (size_t i = 0; i < grid.tiles().size(); ++i) {
    blender.add(static_cast<int64_t>(i),
                decode_tile(decoder, latents, grid.tiles()[i], latent_frames));
  }
}

at::Tensor encode_tiled(const VideoEncoder& encoder,
                        const at::Tensor& pixels,
                        const plan::TileGrid& grid,
                        int64_t latent_frames) {
  at::Tensor moments;
  models::TileBlender blender(grid, [&](const at::Tensor& piece, const plan::Rect& where) {
    if (!moments.defined()) {
      moments = at::empty({1, piece.size(1), piece.size(2), grid.height(), grid.width()},
                          piece.options());
    }
    models::part_of(moments, where).copy_(piece);
  });
  for (size_t i = 0; i < grid.tiles().size(); ++i) {
    blender.add(static_cast<int64_t>(i),
                encode_tile(encoder, pixels, grid.tiles()[i], latent_frames));
  }
  return moments;
}

}  // namespace

TEST_CASE("tiled decoding is the reference's", "[vae]") {
  for (const std::string name : {"t2v", "i2v"}) {
    VaeCase vae(name);
    const auto latents = vae.latents();
    const auto decoder = vae.decoder();
    const auto grid = decode_grid(latents, vae.tiling);
    REQUIRE(grid.tiles().size() > 1);
    auto tiled = canvas(decoder.frames(latents.size(2)), grid);
    decode_tiled(decoder, latents, grid, 1, tiled.sink());
    const auto& want = vae.at("video_tiled_decode_only");
    CHECK(test::scaled_difference(stored_form(tiled.video), want) < 1e-5);
    CHECK(test::scaled_difference(want, vae.at("video")) > 1e-3);
  }
}

TEST_CASE("tiled encoding is the reference's", "[vae]") {
  VaeCase vae("i2v");
  const auto pixels = vae.at("vae_image_pixels").unsqueeze(2);
  const auto grid =
      plan::TileGrid::for_encode(pixels.size(3), pixels.size(4), vae.tiling, kPixelsPerLatent);
  const auto moments = encode_tiled(vae.encoder(), pixels, grid, 1);
  CHECK(test::scaled_difference(latents_of(moments, vae.config), vae.at("cond_latents_tiled")) <
        1e-5);
}

TEST_CASE("one tile is the whole", "[vae]") {
  VaeCase vae("t2v");
  const auto latents = vae.latents();
  const auto decoder = vae.decoder();
  const auto grid = decode_grid(latents, {256, 192});
  auto tiled = canvas(decoder.frames(latents.size(2)), grid);
  decode_tiled(decoder, latents, grid, 2, tiled.sink());
  CHECK(at::equal(tiled.video, decoder(latents)));

  const auto pixels = noise({1, 3, 5, 32, 48});
  const auto encoder = vae.encoder();
  const auto whole = plan::TileGrid::for_encode(32, 48, {64, 48}, kPixelsPerLatent);
  CHECK(at::equal(encode_tiled(encoder, pixels, whole, 1), encoder(pixels)));
}

TEST_CASE("tiles may come in any order", "[vae]") {
  VaeCase vae("t2v");
  const auto decoder = vae.decoder();
  const auto latents = noise({1, vae.config.latent_channels, 2, 7, 5});
  const auto grid = decode_grid(latents, {64, 48});
  auto want = canvas(5, grid);
  decode_tiled(decoder, latents, grid, 1, want.sink());

  const auto order = at::randperm(static_cast<int64_t>(grid.tiles().size()));
  auto got = canvas(5, grid);
  models::TileBlender blender(grid, got.sink());
  for (int64_t i = 0; i < order.numel(); ++i) {
    const auto index = order[i].item<int64_t>();
    blender.add(index, decode_tile(decoder, latents, grid.tiles()[index], 2));
  }
  CHECK(blender.finished());
  CHECK(at::equal(got.video, want.video));
}

}  // namespace kinema::hunyuan15
