// The whole transformer: every pass against the reference, and what passes share against each
// alone.
#include "models/ltx2/transformer.h"

#include <ATen/ATen.h>
#include <catch2/catch.hpp>

#include "kernels/aten_kernels.h"
#include "models/ltx2/transformer_case.h"
#include "nn/fused.h"
#include "support/local_seams.h"
#include "support/tensors.h"

namespace kinema::ltx2 {
namespace {

struct Loaded {
  explicit Loaded(const std::string& name,
                  const std::string& kind = "plain",
                  const nn::Elementwise& by = nn::reference_elementwise())
      : stored(name),
        transformer(nn::ParamScope(stored.source), stored.config, local.seams(by)),
        prepared(transformer.prepare(stored.positions(), stored.modulation(kind), stored.texts())) {
  }

  std::vector<Streams> velocity(int64_t step, const std::vector<Pass>& passes) {
    return transformer.velocity(prepared, stored.latents(), step, passes);
  }

  TransformerCase stored;
  test::LocalSeams local;
  Transformer transformer;
  Prepared prepared;
};

// Counts the attentions over the video's tokens: those of the video to itself and of the sound to
// it.
class Counting : public nn::LocalJointAttention {
 public:
  std::pair<at::Tensor, at::Tensor> attended(const nn::JointHeads& joint) const override {
    ++(joint.video.q.defined() ? self : exchanged);
    return LocalJointAttention::attended(joint);
  }
  mutable int self = 0, exchanged = 0;
};

class Log : public nn::BlockWeights {
 public:
  void enter(int64_t index) override { calls += "+" + std::to_string(index); }
  void leave(int64_t index) override { calls += "-" + std::to_string(index); }
  std::string calls;
};

}  // namespace

TEST_CASE("Every pass of every step is the reference's", "[ltx2][transformer]") {
  const auto name = GENERATE("split_2_0", "split_2_3", "interleaved");
  const auto kind = GENERATE("plain", "fixed", "fixed_own");
  CAPTURE(name, kind);
  Loaded loaded(name, kind);
  for (int64_t step = 0; step < 2; ++step) {
    const auto got = loaded.velocity(step, loaded.stored.passes());
    for (size_t pass = 0; pass < kPasses.size(); ++pass) {
      CAPTURE(step, kPasses[pass]);
      CHECK(scaled_difference(got[pass], loaded.stored.velocity(kind, step, pass)) < 1e-5);
    }
  }
}

TEST_CASE("A pass alone is the pass beside the others, to the bit", "[ltx2][transformer]") {
  const auto name = GENERATE("split_2_0", "split_2_3", "interleaved");
  Loaded together(name, "fixed");
  const auto passes = together.stored.passes();
  const auto want = together.velocity(1, passes);
  for (size_t pass = 0; pass < passes.size(); ++pass) {
    Loaded alone(name, "fixed");
    CHECK(equal(alone.velocity(1, {passes[pass]}).at(0), want[pass]));
  }
}

TEST_CASE("The text's keys of an earlier step are those of a later one", "[ltx2][transformer]") {
  Loaded kept(GENERATE("split_2_0", "interleaved")), fresh(kept.stored.folder.substr(17));
  kept.velocity(0, {{.condition = 1}});
  kept.velocity(0, {{.condition = 0}});
  CHECK(kept.prepared.conditions[0].keys.size() == 3);
  const auto passes = kept.stored.passes();
  const auto got = kept.velocity(1, passes), want = fresh.velocity(1, passes);
  for (size_t pass = 0; pass < passes.size(); ++pass) CHECK(equal(got[pass], want[pass]));
}

TEST_CASE("Keys that follow the step are not kept", "[ltx2][transformer]") {
  Loaded loaded("split_2_3");
  loaded.velocity(0, loaded.stored.passes());
  CHECK(loaded.prepared.conditions[0].keys.empty());
}

TEST_CASE("What passes have in common is computed once", "[ltx2][transformer]") {
  TransformerCase stored("split_2_3");
  Counting attend;
  nn::TokenSplit tokens;
  Log blocks;
  Transformer transformer(nn::ParamScope(stored.source), stored.config, {attend, tokens, blocks});
  auto prepared =
      transformer.prepare(stored.positions(), stored.modulation("plain"), stored.texts());
  auto passes = stored.passes();  // the perturbed one differs from block 1 on
  transformer.velocity(prepared, stored.latents(), 0, passes);
  CHECK(blocks.calls == "+0-0+1-1+2-2");
  // Block 0: once for all; block 1: conditional, unconditional, isolated; block 2: all four.
  CHECK(attend.self == 1 + 3 + 4);
  // Block 0: conditional with perturbed, unconditional; from there on three each.
  CHECK(attend.exchanged == 2 + 3 + 3);

  attend.self = attend.exchanged = 0;
  passes[2].perturbed.clear();  // then it is the conditional one
  const auto got = transformer.velocity(prepared, stored.latents(), 0, passes);
  CHECK(attend.self == 1 + 3 + 3);
  CHECK(got[2].video.is_same(got[0].video));
}

TEST_CASE("Tokens get the row of their own noise level", "[ltx2][modulation]") {
  const auto fixed = at::tensor({1.0F, 1.0F, 0.0F, 0.5F, 0.0F, 0.0F});
  const NoiseLevels levels(fixed);
  CHECK(at::equal(levels.shares().index({levels.level()}), 1 - fixed));
  CHECK(levels.shares().size(0) == 3);
  const auto which = nn::token_rows(levels.level(), at::kCPU);
  REQUIRE(which.runs.size() == 4);
  CHECK((which.runs[0].start == 0 && which.runs[0].length == 2 && which.runs[3].start == 4));
  CHECK(at::equal(which.row_of.to(at::kLong), levels.level()));
  at::manual_seed(5);
  const auto rows = at::randn({3, 2, 4}), x = at::randn({1, 6, 4}), y = at::randn({1, 6, 4});
  const TokenVectors vectors(rows.clone(), {1}, which);
  const auto of_token = rows.index({levels.level()});  // [6, 2, 4]
  const auto& by = nn::reference_elementwise();
  CHECK(at::equal(
      vectors.normed(x, {kernels::RowNorm::kRms, 1e-6}, 1, 0, by),
      at::rms_norm(x, {4}, {}, 1e-6) * (of_token.select(1, 1) + 1) + of_token.select(1, 0)));
  CHECK(at::equal(vectors.added(x, y.clone(), 0, by).sum(), y * of_token.select(1, 0) + x));
}

TEST_CASE("With fused chains every pass is the same to the bit", "[ltx2][transformer]") {
  const auto name = GENERATE("split_2_0", "split_2_3", "interleaved");
  const auto kind = GENERATE("plain", "fixed");
  Loaded plain(name, kind);
  std::map<std::string, int> calls;
  const auto fused = nn::fused_elementwise(std::make_unique<test::AtenKernels>(&calls));
  Loaded loaded(name, kind, *fused);
  const auto passes = plain.stored.passes();
  const auto want = plain.velocity(1, passes), got = loaded.velocity(1, passes);
  for (size_t pass = 0; pass < passes.size(); ++pass) CHECK(equal(got[pass], want[pass]));
  // A stream is added to where it is normed next; the only norms by themselves are of what nothing
  // has been added to yet, and the second one of each exchange.
  const auto sums = calls.at("residual_gate_norm_modulate"), norms = calls.at("norm_modulate");
  CAPTURE(sums, norms);
  CHECK(sums > 2 * norms);
}

TEST_CASE("All of a checkpoint is taken", "[ltx2][transformer]") {
  Loaded loaded(GENERATE("split_2_0", "split_2_3", "interleaved"));
  for (const auto& [name, tensor] : loaded.stored.source.tensors()) {
    CAPTURE(name);
    CHECK(loaded.stored.source.taken().contains(name));
  }
  CHECK(block_prefixes(loaded.stored.config) == std::vector<std::string>{"transformer_blocks.0",
                                                                         "transformer_blocks.1",
                                                                         "transformer_blocks.2"});
}

TEST_CASE("In bfloat16 the velocities stay near those of float32", "[ltx2][transformer]") {
  TransformerCase stored(GENERATE("split_2_0", "split_2_3"));
  std::map<std::string, at::Tensor> rounded;
  for (const auto& [name, tensor] : stored.source.tensors()) {
    rounded[name] = tensor.to(at::kBFloat16);
  }
  test::MapSource source(rounded);
  auto in_type = [](const Streams& x) {
    return Streams{x.video.to(at::kBFloat16), x.audio.to(at::kBFloat16)};
  };
  test::LocalSeams local;
  Transformer transformer(nn::ParamScope(source), stored.config, local.seams());
  auto table = std::make_shared<const ModulationTable>(
      nn::ParamScope(source), stored.config, stored.at("times"), NoiseLevels(stored.video_tokens()),
      CrossTime::kOther);
  auto prepared = transformer.prepare(stored.positions(), table, {in_type(stored.texts()[0])});
  const std::vector<Pass> passes(1);
  const auto got = transformer.velocity(prepared, in_type(stored.latents()), 0, passes)[0];
  CHECK(got.video.scalar_type() == at::kBFloat16);
  CHECK(scaled_difference(got, stored.velocity("plain", 0, 0)) < 0.1);
}

}  // namespace kinema::ltx2
