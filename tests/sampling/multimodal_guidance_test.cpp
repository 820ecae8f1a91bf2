// Guidance by several predictions against numbers of diffusers' LTX-2 pipeline.
#include "sampling/multimodal_guidance.h"

#include <ATen/ATen.h>
#include <catch2/catch.hpp>

#include "support/tensors.h"

namespace kinema::sampling {
namespace {

constexpr float kSigma = 0.725F;

at::Tensor shaped(const std::vector<double>& values) {
  return at::tensor(values, at::kFloat).view({1, 2, 3});
}

at::Tensor latents() {
  return shaped({0.6613521575927734, 0.266924113035202, 0.06167725846171379, 0.6213173270225525,
                 -0.4519059658050537, -0.16613022983074188});
}

Predictions predicted() {
  auto x0 = [](const std::vector<double>& velocity) {
    return velocity_to_x0(latents(), shaped(velocity), kSigma);
  };
  return {x0({-1.522768497467041, 0.38168391585350037, -1.0276086330413818, -0.563052773475647,
              -0.8922905325889587, -0.05825017765164375}),
          x0({-0.19550958275794983, -0.9656359553337097, 0.4224153161048889, 0.267316997051239,
              -0.4211951494216919, -0.510699987411499}),
          x0({-1.5726652145385742, -0.12324775755405426, 3.586989402770996, -1.8312901258468628,
              1.5987002849578857, -1.277006983757019}),
          x0({0.32550153136253357, -0.4791449308395386, 1.3790082931518555, 2.528557300567627,
              0.4107416570186615, -0.988007128238678})};
}

at::Tensor velocity(const Predictions& x0, const GuidanceScales& scales) {
  return x0_to_velocity(latents(), guided(x0, scales), kSigma);
}

}  // namespace

TEST_CASE("All terms and the rescaling are the reference's", "[guidance][multimodal]") {
  const auto all = shaped({-2.532424211502075, 2.313925266265869, -5.21450138092041,
                           -2.2957165241241455, -3.1106302738189697, 1.4087904691696167});
  CHECK(test::scaled_difference(velocity(predicted(), {3.0, 1.0, 3.0, 0.7}), all) < 1e-6);
  const auto prompt_alone = shaped({-9.486322402954102, 8.46560287475586, -9.727751731872559,
                                    -5.545271396636963, -3.718863010406494, 2.6564486026763916});
  auto x0 = predicted();
  CHECK(test::scaled_difference(velocity(x0, {7.0, 0.0, 1.0, 0.0}), prompt_alone) < 1e-6);
  x0.perturbed = x0.isolated = at::Tensor();
  CHECK(test::scaled_difference(velocity(x0, {7.0, 0.0, 1.0, 0.0}), prompt_alone) < 1e-6);
}

TEST_CASE("Without guidance the velocity comes back", "[guidance][multimodal]") {
  const auto v = shaped({1, -2, 3, -4, 5, -6});
  const Predictions x0{velocity_to_x0(latents(), v, kSigma), {}, {}, {}};
  CHECK(test::scaled_difference(velocity(x0, {}), v) < 1e-6);
}

}  // namespace kinema::sampling
