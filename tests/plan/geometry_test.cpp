// Latent shapes and the nearest legal sizes; numbers of the released models.
#include "plan/geometry.h"

#include <catch2/catch.hpp>

using namespace kinema::plan;

TEST_CASE("released shapes have the tokens of the specification") {
  struct Case {
    int64_t width, height, frames, tokens;
  };
  for (const auto& c : {Case{848, 480, 33, 14310}, Case{832, 480, 121, 48360},
                        Case{1280, 720, 121, 111600}, Case{16, 16, 1, 1}}) {
    CHECK(token_count(latent_shape({c.width, c.height, c.frames}, {}), {}) == c.tokens);
  }
}

TEST_CASE("legal frames surround an illegal number") {
  CHECK(legal_frames(120, {}) == std::pair<int64_t, int64_t>{117, 121});
  CHECK(legal_frames(121, {}) == std::pair<int64_t, int64_t>{121, 121});
  CHECK(legal_frames(0, {}) == std::pair<int64_t, int64_t>{1, 1});
  CHECK(legal_frames(2, {}) == std::pair<int64_t, int64_t>{1, 5});
  for (int64_t frames = 1; frames < 300; ++frames) {
    for (int64_t patch_frames : {1, 2, 3}) {
      const ShapeRules rules{16, 4, 1, patch_frames};
      const auto [below, above] = legal_frames(frames, rules);
      CHECK(frames_legal(below, rules));
      CHECK(frames_legal(above, rules));
      CHECK(((below <= frames && frames <= above) || frames < rules.frame_rest()));
      CHECK(frames_legal(frames, rules) == (below == frames));
      CHECK(latent_shape({16, 16, below}, rules).frames % patch_frames == 0);
    }
  }
}

TEST_CASE("legal sizes are the nearest multiples") {
  CHECK(legal_size(830, {}) == 832);
  CHECK(legal_size(839, {}) == 832);
  CHECK(legal_size(840, {}) == 848);
  CHECK(legal_size(1, {}) == 16);
  CHECK(legal_size(30, {16, 4, 2, 1}) == 32);
}
