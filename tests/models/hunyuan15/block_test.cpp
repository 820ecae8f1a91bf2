// One block against the reference's, alone and cut into slices of heads.
#include "models/hunyuan15/block.h"

#include <barrier>
#include <thread>

#include <ATen/ATen.h>
#include <catch2/catch.hpp>

#include "models/hunyuan15/transformer_case.h"
#include "support/tensors.h"

namespace kinema::hunyuan15 {
namespace {

using test::scaled_difference;

nn::Rotary rotary_of(const TransformerCase& stored) {
  auto sizes = stored.at("latents_initial").sizes();
  return nn::grid_rotary({sizes[2], sizes[3], sizes[4]}, stored.config.rope_axes_dim,
                         stored.config.rope_theta, stored.at("latents_initial"));
}

// A sum over `parts` threads that wait for each other.
class Sum {
 public:
  explicit Sum(int64_t parts) : all_(parts), terms_(static_cast<size_t>(parts)) {}
  at::Tensor operator()(int64_t part, const at::Tensor& term) {
    terms_[static_cast<size_t>(part)] = term;
    all_.arrive_and_wait();
    auto total = at::stack(terms_).sum(0);
    all_.arrive_and_wait();
    return total;
  }

 private:
  std::barrier<> all_;
  std::vector<at::Tensor> terms_;
};

// One part's slices by the usual rule: heads and MLP channels are cut, what brings them together is
// cut on its input.
class Sliced : public test::MapSource {
 public:
  Sliced(const test::MapSource& whole, int64_t part, int64_t parts, Sum& sum)
      : MapSource(whole.tensors()), part_(part), parts_(parts), sum_(sum) {}

  at::Tensor take(const std::string& name, at::IntArrayRef shape) override {
    auto tensor = MapSource::take(name, shape);
    const bool is_bias = name.ends_with(".bias"), is_norm = name.find(".norm") != name.npos;
    if (is_norm || (joins(name) && is_bias)) return tensor;
    return tensor.chunk(parts_, joins(name) ? 1 : 0)[static_cast<size_t>(part_)].contiguous();
  }
  weights::OutputOp after(const std::string& name) const override {
    if (!joins(name)) return {};
    return [this](at::Tensor y) { return sum_(part_, y); };
  }

 private:
  static bool joins(const std::string& name) {
    for (const char* layer : {"to_out", "to_add_out", "net.2"}) {
      if (name.find(layer) != name.npos) return true;
    }
    return false;
  }
  int64_t part_, parts_;
  Sum& sum_;
};

}  // namespace

TEST_CASE("Both streams behind a block are the reference's", "[block]") {
  TransformerCase stored(GENERATE("t2v", "i2v"));
  auto table = stored.modulation();
  nn::Residual video = stored.at("step0_video_tokens"), text = stored.at("step0_context");
  nn::LocalJointAttention attend;
  for (int64_t i = 0; i < stored.config.num_layers; ++i) {
    DualStreamBlock block(stored.scope() / "transformer_blocks" / i, stored.config);
    block(video, text, table.block(i, 0), rotary_of(stored), attend, nn::reference_elementwise());
    auto name = "step0_block" + std::to_string(i);
    CHECK(scaled_difference(video.sum(), stored.at(name + "_video")) < 1e-5);
    CHECK(scaled_difference(text.sum(), stored.at(name + "_context")) < 1e-5);
  }
}

TEST_CASE("A block leaves its inputs' memory alone", "[block]") {
  TransformerCase stored("t2v");
  const auto first = stored.at("step0_video_tokens"), second = stored.at("step0_context");
  nn::Residual video = first, text = second;
  const auto video_before = first.clone(), text_before = second.clone();
  DualStreamBlock block(stored.scope() / "transformer_blocks" / 0, stored.config);
  block(video, text, stored.modulation().block(0, 0), rotary_of(stored), nn::LocalJointAttention(),
        nn::reference_elementwise());
  CHECK(at::equal(first, video_before));
  CHECK(at::equal(second, text_before));
}

TEST_CASE("The last block's video is that of a whole block", "[block]") {
  TransformerCase stored("t2v");
  auto scope = stored.scope() / "transformer_blocks" / 1;
  auto modulation = stored.modulation().block(1, 0);
  nn::Residual video = stored.at("step0_block0_video"), text = stored.at("step0_block0_context");
  nn::LocalJointAttention attend;
  LastBlock(scope, stored.config)(video, text, modulation, rotary_of(stored), attend,
                                  nn::reference_elementwise());
  CHECK(scaled_difference(video.sum(), stored.at("step0_block1_video")) < 1e-5);
  nn::Residual whole = stored.at("step0_block0_video");
  DualStreamBlock(scope, stored.config)(whole, text, modulation, rotary_of(stored), attend,
                                        nn::reference_elementwise());
  CHECK(scaled_difference(video.sum(), whole.sum()) < 1e-6);
}

TEST_CASE("Slices of heads and channels make the same block", "[block]") {
  const int64_t parts = GENERATE(2, 4);
  TransformerCase stored("t2v");
  auto modulation = stored.modulation().block(0, 0);
  auto rotary = rotary_of(stored);
  Sum sum(parts);
  std::vector<at::Tensor> videos(static_cast<size_t>(parts)), texts = videos;
  auto work = [&](int64_t part) {
    auto i = static_cast<size_t>(part);
    Sliced source(stored.source, part, parts, sum);
    DualStreamBlock block(nn::ParamScope(source) / "transformer_blocks" / 0, stored.config);
    nn::Residual video = stored.at("step0_video_tokens"), text = stored.at("step0_context");
    block(video, text, modulation, rotary, nn::LocalJointAttention(), nn::reference_elementwise());
    videos[i] = video.sum();
    texts[i] = text.sum();
  };
  {
    std::vector<std::jthread> threads;
    for (int64_t part = 0; part < parts; ++part) threads.emplace_back(work, part);
  }
  for (size_t i = 0; i < videos.size(); ++i) {
    CHECK(scaled_difference(videos[i], stored.at("step0_block0_video")) < 1e-5);
    CHECK(scaled_difference(texts[i], stored.at("step0_block0_context")) < 1e-5);
  }
}

}  // namespace kinema::hunyuan15
