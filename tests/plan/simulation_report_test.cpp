// The simulated table against closed formulas and the published break-even points.
#include "plan/simulation_report.h"

#include <filesystem>

#include <catch2/catch.hpp>

using namespace kinema;
using namespace kinema::plan;

namespace {

// HunyuanVideo 1.5's real size, planned from the configuration alone.
Job job() {
  Job made;
  made.settings.request.guidance_scale = 1;
  made.settings.request.dtype = config::Dtype::kBfloat16;
  made.settings.request.device = {config::Device::Kind::kCpu, 0};
  return made;
}

}  // namespace

TEST_CASE("overlap is the share of a gather that a block's computing covers") {
  const auto planned = job();
  const auto cases = simulated_cases(planned);
  CHECK(cases.size() == 8 * 3 * 3);
  for (const auto& one : cases) {
    INFO(one.tokens << " tokens, " << one.ranks << " ranks over " << link_name(one.link));
    const double share = std::min(1.0, one.times.compute / one.times.fetch);
    CHECK(one.overlap == Approx(share).margin(0.002));
    CHECK(
        one.exposed ==
        Approx(54 * std::max(0.0, one.times.fetch - one.times.compute)).epsilon(0.01).margin(1e-9));
  }
}

TEST_CASE("more tokens hide more, slower links less") {
  const auto cases = simulated_cases(job());
  const auto overlap = [&](int64_t tokens, int64_t ranks, LinkKind link) {
    for (const auto& one : cases) {
      if (one.tokens == tokens && one.ranks == ranks && one.link == link) return one.overlap;
    }
    return -1.0;
  };
  for (int64_t ranks : {2, 4, 8}) {
    double before = 0;
    for (int64_t tokens = 1024; tokens <= 131072; tokens *= 2) {
      CHECK(overlap(tokens, ranks, LinkKind::kNvlink) >= before - 1e-9);
      before = overlap(tokens, ranks, LinkKind::kNvlink);
      CHECK(overlap(tokens, ranks, LinkKind::kPcie) <= before + 1e-9);
    }
    // At 480p and 121 frames everything hides on NVLink.
    CHECK(overlap(65536, ranks, LinkKind::kNvlink) > 0.99);
  }
}

TEST_CASE("the table has a line for each number of tokens") {
  const auto text = simulation_text(job());
  CHECK(std::count(text.begin(), text.end(), '\n') == 10);
  CHECK(text.find("NVIDIA H200") != std::string::npos);
  CHECK(simulation_json(job()).size() == 72);
}
