// One product or several, into places or beside them: the same numbers.
#include "nn/linear_stack.h"

#include <ATen/ATen.h>
#include <catch2/catch.hpp>

#include "nn/seams.h"
#include "support/map_source.h"
#include "support/tensors.h"

namespace kinema::nn {
namespace {

// A source that keeps everything in stacks, as those that copy weights do.
class StackingSource : public test::MapSource {
 public:
  using MapSource::MapSource;
  weights::Stacked take_stacked(const std::vector<weights::Wanted>& parameters) override {
    auto stacked = MapSource::take_stacked(parameters);
    stacked.tensors = {at::cat(stacked.tensors)};
    return stacked;
  }
};

constexpr int64_t kIn = 24, kHeads = 2, kDim = 16, kOut = kHeads * kDim;

std::map<std::string, at::Tensor> parameters() {
  at::manual_seed(7);
  std::map<std::string, at::Tensor> all;
  for (const char* name : {"q", "k", "v"}) {
    all[name + std::string(".weight")] = at::randn({kOut, kIn});
    all[name + std::string(".bias")] = at::randn({kOut});
  }
  return all;
}

LinearStack stack(weights::ParamSource& source, Bias bias) {
  return {ParamScope(source), {{"q", kOut}, {"k", kOut}, {"v", kOut}}, kIn, bias};
}

}  // namespace

TEST_CASE("A stack's layers are those that it is made of", "[linear_stack]") {
  const auto bias = GENERATE(Bias::kNone, Bias::kPresent);
  const auto tensors = parameters();
  StackingSource together(tensors);
  test::MapSource apart(tensors);
  const auto x = at::randn({1, 5, kIn});
  for (const auto& layers : {stack(together, bias), stack(apart, bias)}) {
    CHECK(layers.size() == 3);
    for (const auto how : {Multiply::kAsSuits, Multiply::kEach, Multiply::kTogether}) {
      const auto results = layers(x, 1, 2, how);
      REQUIRE(results.size() == 2);
      const auto want = at::linear(x, tensors.at("k.weight"),
                                   bias == Bias::kPresent ? tensors.at("k.bias") : at::Tensor());
      CHECK(test::scaled_difference(results[0], want) < 1e-6);
      // On the CPU there is nothing that could differ.
      if (how != Multiply::kTogether) CHECK(at::equal(results[0], want));
    }
  }
}

TEST_CASE("Products are written into their places where that can be done", "[linear_stack]") {
  StackingSource source(parameters());
  const auto layers = stack(source, Bias::kPresent);
  const auto x = at::randn({1, 5, kIn});
  const auto want = layers(x);
  const auto how = GENERATE(Multiply::kEach, Multiply::kTogether);
  const auto lying = GENERATE(Lying::kApart, Lying::kSideBySide);
  const auto joint = joint_places({kHeads, kDim, x.options()}, {5}, {2}, lying);
  const std::vector<at::Tensor> places = {joint.video.q, joint.video.k, joint.video.v};
  joint.text.q.zero_(), joint.text.k.zero_(), joint.text.v.zero_();
  const auto made = layers.near(places, x, 0, how);
  for (size_t i = 0; i < 3; ++i) {
    CHECK(made[i].is_alias_of(places[i]));
    CHECK(test::scaled_difference(places[i].flatten(2), want[i]) < 1e-6);
  }
  CHECK(at::count_nonzero(joint.text.q).item<int64_t>() == 0);
  CHECK(at::count_nonzero(joint.text.v).item<int64_t>() == 0);
  // Two of three, as a stream that asks nothing brings them.
  const auto keys = layers.near({joint.video.k, joint.video.v}, x, 1, how);
  CHECK(keys[1].is_alias_of(joint.video.v));
  CHECK(test::scaled_difference(joint.video.v.flatten(2), want[2]) < 1e-6);
}

TEST_CASE("Heads whose groups lie apart are made elsewhere and then settled", "[linear_stack]") {
  StackingSource source(parameters());
  const auto layers = stack(source, Bias::kPresent);
  const auto x = at::randn({1, 5, kIn});
  const auto how = GENERATE(Multiply::kEach, Multiply::kTogether);
  const auto memory = at::zeros({kHeads, 5, 3, 1, kDim});
  std::vector<at::Tensor> places;
  for (int64_t i = 0; i < 3; ++i)
    places.push_back(memory.select(2, i).transpose(0, 1).unsqueeze(0));
  const auto made = layers.near(places, x, 0, how);
  for (size_t i = 0; i < 3; ++i) {
    CHECK_FALSE(made[i].is_alias_of(memory));
    settle(made[i], places[i]);
    CHECK(test::scaled_difference(places[i].flatten(2), layers(x)[i]) < 1e-6);
  }
}

}  // namespace kinema::nn
