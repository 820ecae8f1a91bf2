// Guidance against numbers of diffusers' ClassifierFreeGuidance.
#include "sampling/guidance.h"

#include <ATen/ATen.h>
#include <catch2/catch.hpp>

#include "support/tensors.h"

namespace kinema::sampling {
namespace {

const std::vector<float> kConditional = {-0.8566746115684509F, 1.1006041765213013F,
                                         -1.0711873769760132F, 0.1227012425661087F,
                                         -0.5663174986839294F, 0.3731146454811096F};
const std::vector<float> kUnconditional = {-0.8919953107833862F, -1.5091077089309692F,
                                           0.3703935444355011F,  1.4565025568008423F,
                                           0.9398099184036255F,  0.7748488187789917F};

at::Tensor shaped(const std::vector<float>& values) { return at::tensor(values).view({1, 2, 3}); }

at::Tensor guided(const config::GuiderConfig& config, Numerics numerics = Numerics::kTrained) {
  Guidance guidance(config, 10);
  auto uncond = guidance.enabled(0) ? shaped(kUnconditional) : at::Tensor();
  return guidance(shaped(kConditional), uncond, numerics);
}

std::vector<bool> enabled_steps(const config::GuiderConfig& config) {
  Guidance guidance(config, 10);
  std::vector<bool> enabled;
  for (int64_t i = 0; i < 10; ++i) enabled.push_back(guidance.enabled(i));
  return enabled;
}

config::GuiderConfig scaled(double scale) {
  config::GuiderConfig config;
  config.guidance_scale = scale;
  return config;
}

}  // namespace

TEST_CASE("Both formulations and the rescaling are the reference's", "[guidance]") {
  auto config = scaled(6.0);
  auto want = shaped({-0.6800711154937744F, 14.149164199829102F, -8.279091835021973F,
                      -6.546305179595947F, -8.096954345703125F, -1.6355563402175903F});
  CHECK(at::equal(guided(config), want));
  CHECK(at::equal(guided(config, Numerics::kReference), want));

  config.use_original_formulation = true;
  CHECK(at::equal(guided(config),
                  shaped({-0.6447504162788391F, 16.75887680053711F, -9.720672607421875F,
                          -7.880106449127197F, -9.603081703186035F, -2.037290573120117F})));

  config.use_original_formulation = false;
  config.guidance_rescale = 0.7;
  CHECK(test::scaled_difference(
            guided(config),
            shaped({-0.2505240738391876F, 5.212258338928223F, -3.0498454570770264F,
                    -2.41152286529541F, -2.9827497005462646F, -0.6025049686431885F})) < 1e-6);
}

TEST_CASE("Guidance is on in the reference's steps", "[guidance]") {
  auto part = scaled(6.0);
  part.start = 0.25;
  part.stop = 0.75;
  CHECK(enabled_steps(part) ==
        std::vector<bool>{false, false, true, true, true, true, true, false, false, false});
  CHECK(enabled_steps(scaled(6.0)) == std::vector<bool>(10, true));
  CHECK(enabled_steps(scaled(0.0)) == std::vector<bool>(10, true));
}

TEST_CASE("A neutral scale, a switch or an empty range turns guidance off", "[guidance]") {
  auto off = scaled(6.0), empty = scaled(6.0), original = scaled(0.0);
  off.enabled = false;
  empty.start = empty.stop = 0.1;
  original.use_original_formulation = true;
  for (const auto& config : {scaled(1.0), scaled(1.0 + 1e-10), off, empty, original}) {
    CHECK_FALSE(Guidance(config, 10).ever_enabled());
    CHECK(enabled_steps(config) == std::vector<bool>(10, false));
  }
  CHECK(at::equal(guided(scaled(1.0)), shaped(kConditional)));
  original.guidance_scale = 1.0;
  CHECK(Guidance(original, 10).ever_enabled());
}

TEST_CASE("bfloat16 predictions are combined in float32 unless the reference is asked for",
          "[guidance]") {
  Guidance guidance(scaled(6.0), 10);
  auto cond = shaped(kConditional).to(at::kBFloat16);
  auto uncond = shaped(kUnconditional).to(at::kBFloat16);
  auto trained = guidance(cond, uncond, Numerics::kTrained);
  auto reference = guidance(cond, uncond, Numerics::kReference);
  CHECK(
      at::equal(trained, guidance(cond.to(at::kFloat), uncond.to(at::kFloat), Numerics::kTrained)));
  CHECK(reference.scalar_type() == at::kBFloat16);
  CHECK(at::equal(reference, uncond + (cond - uncond) * 6.0));
}

}  // namespace kinema::sampling
