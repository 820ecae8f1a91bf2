// A stored case: a tiny transformer and the velocities that the reference computed with it.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "config/ltx2_transformer_config.h"
#include "models/ltx2/transformer.h"
#include "support/map_source.h"

namespace kinema::ltx2 {

// The passes of a step, in the order of passes().
inline const std::vector<std::string> kPasses = {"conditional", "unconditional", "perturbed",
                                                 "isolated"};

struct TransformerCase {
  // name: a folder of tests/data/ltx2/transformer.
  explicit TransformerCase(const std::string& name);

  const at::Tensor& at(const std::string& tensor) const { return expected.at(tensor); }
  Streams pair(const std::string& prefix) const;  // prefix.video and prefix.audio
  Streams latents() const { return {at("video"), at("audio")}; }
  std::vector<Streams> texts() const { return {pair("text.positive"), pair("text.negative")}; }
  Positions positions() const { return {at("bounds.video"), at("bounds.audio")}; }
  int64_t video_tokens() const { return at("video").size(1); }
  // Of the times of both steps, for "plain", "fixed" or "fixed_own".
  std::shared_ptr<const ModulationTable> modulation(const std::string& kind);
  // Of a checkpoint for which the reference ignores a perturbation, it is none.
  std::vector<Pass> passes() const;
  // Of pass kPasses[pass] at a step.
  Streams velocity(const std::string& kind, int64_t step, size_t pass) const;

  std::string folder;
  config::Ltx2TransformerConfig config;
  std::map<std::string, at::Tensor> expected;
  test::MapSource source;
};

// The larger of both streams' differences.
double scaled_difference(const Streams& got, const Streams& want);
bool equal(const Streams& a, const Streams& b);

}  // namespace kinema::ltx2
