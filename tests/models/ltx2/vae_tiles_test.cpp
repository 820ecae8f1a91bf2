// Tiles of LTX-2's autoencoder put together as the reference does.
#include "models/ltx2/vae_tiles.h"

#include <ATen/ATen.h>
#include <catch2/catch.hpp>

#include "models/ltx2/vae_case.h"
#include "support/tensors.h"

namespace kinema::ltx2 {
namespace {

// As the stored cases were made.
constexpr plan::Tiling kTiles = {64, 32};
constexpr plan::FrameTiling kStretches = {16, 8};

using MakeTile = std::function<at::Tensor(const plan::Tile& tile)>;

at::Tensor assembled(const plan::TileGrid& grid, const MakeTile& make) {
  at::Tensor whole;
  models::TileBlender blender(grid, [&](const at::Tensor& piece, const plan::Rect& where) {
    if (!whole.defined()) {
      whole = at::empty({1, piece.size(1), piece.size(2), grid.height(), grid.width()});
    }
    models::part_of(whole, where).copy_(piece);
  });
  for (size_t i = 0; i < grid.tiles().size(); ++i) {
    blender.add(static_cast<int64_t>(i), make(grid.tiles()[i]));
  }
  REQUIRE(blender.finished());
  return whole;
}

at::Tensor decoded_tiled(const VideoDecoder& decoder, const at::Tensor& latents) {
  const auto grid = plan::TileGrid::for_decode(latents.size(3), latents.size(4), kTiles, 32);
  return assembled(grid,
                   [&](const plan::Tile& tile) { return decode_tile(decoder, latents, tile, {}); });
}

at::Tensor framewise(const at::Tensor& latents, const DecodeStretch& decode) {
  std::vector<at::Tensor> parts;
  decode_stretches(latents, kStretches, 8, decode,
                   [&](const at::Tensor& frames) { parts.push_back(frames.clone()); });
  return parts.empty() ? at::Tensor() : at::cat(parts, 2);
}

}  // namespace

TEST_CASE("LTX-2's tiles are the reference's", "[ltx2][vae]") {
  for (const std::string name : {"ltx_2_3", "widening"}) {
    CAPTURE(name);
    VaeCase vae(name);
    if (!vae.expected.contains("decoded_tiled")) continue;
    const auto decoder = vae.decoder();
    const auto video = decoded_tiled(decoder, vae.at("latents"));
    CHECK(test::scaled_difference(sampled(video), vae.at("decoded_tiled")) < 1e-4);
  }
}

// Where the reference cannot.
TEST_CASE("a last tile of one reflected latent is decoded", "[ltx2][vae]") {
  VaeCase vae("ltx_2_0");
  const auto video = decoded_tiled(vae.decoder(), drawn({1, 4, 2, 3, 3}));
  CHECK(video.sizes() == at::IntArrayRef{1, 3, 9, 96, 96});
  CHECK(at::isfinite(video).all().item<bool>());
}

TEST_CASE("LTX-2's tiles of pixels are the reference's", "[ltx2][vae]") {
  VaeCase vae("ltx_2_3");
  const auto encoder = vae.encoder();
  const auto pixels = vae.pixels().narrow(2, 0, 1);
  const auto grid = plan::TileGrid::for_encode(pixels.size(3), pixels.size(4), kTiles, 32);
  const auto latents =
      assembled(grid, [&](const plan::Tile& tile) { return encode_tile(encoder, pixels, tile); });
  CHECK(test::scaled_difference(latents, vae.at("encoded_tiled")) < 1e-4);
}

TEST_CASE("LTX-2's stretches of time are mixed as the reference mixes them", "[ltx2][vae]") {
  VaeCase vae("ltx_2_3");
  const auto decoder = vae.decoder();
  const auto video = framewise(vae.at("latents"), [&](const at::Tensor& stretch) {
    return decoded_tiled(decoder, stretch);
  });
  CHECK(test::scaled_difference(sampled(video), vae.at("decoded_framewise")) < 1e-4);
}

TEST_CASE("a rank without the result mixes nothing", "[ltx2][vae]") {
  const auto latents = drawn({1, 4, 5, 2, 2});
  int64_t made = 0;
  CHECK(!framewise(latents, [&](const at::Tensor&) {
           ++made;
           return at::Tensor();
         }).defined());
  CHECK(made == 5);
}

TEST_CASE("a clip that fits into one stretch is decoded whole", "[ltx2][vae]") {
  VaeCase vae("ltx_2_3");
  const auto decoder = vae.decoder();
  const auto latents = drawn({1, 4, 2, 2, 2});
  const auto video = framewise(latents, [&](const at::Tensor& all) { return decoder(all); });
  CHECK(at::equal(video, decoder(latents)));
}

}  // namespace kinema::ltx2
