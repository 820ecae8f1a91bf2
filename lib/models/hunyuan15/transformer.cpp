// Blocks outside, guidance branches inside: a block whose weights come and go serves every branch
// while it is there.
#include "models/hunyuan15/transformer.h"

#include <utility>

namespace kinema::hunyuan15 {
namespace {

nn::ParamScope block_scope(const nn::ParamScope& model, int64_t index) {
  return model / "transformer_blocks" / index;
}

}  // namespace

Transformer::Transformer(const nn::ParamScope& model,
                         const config::Hunyuan15TransformerConfig& config,
                         const nn::Seams& seams)
    : config_(config),
      seams_(seams),
      embed_video_(model / "x_embedder.proj", config),
      embed_condition_(model, config),
      last_block_(block_scope(model, config.num_layers - 1), config),
      project_(model / "proj_out", config.width(), config.out_channels * Patch(config).volume()) {
  for (int64_t i = 0; i + 1 < config.num_layers; ++i) {
    blocks_.emplace_back(block_scope(model, i), config);
  }
}

Prepared Transformer::prepare(at::IntArrayRef latents,
                              std::shared_ptr<const ModulationTable> modulation,
                              const std::vector<Condition>& conditions) const {
  Prepared prepared{token_grid(latents, Patch(config_)), {}, std::move(modulation), {}};
  auto rotary = nn::grid_rotary({prepared.grid.begin(), prepared.grid.end()}, config_.rope_axes_dim,
                                config_.rope_theta, prepared.modulation->time());
  prepared.rotary = {seams_.tokens.part(rotary.turns, 0)};
  for (const auto& condition : conditions) {
    prepared.conditions.push_back(embed_condition_.prepare(condition));
  }
  return prepared;
}

std::vector<Transformer::Streams> Transformer::embedded(const Prepared& prepared,
                                                        const at::Tensor& input,
                                                        int64_t step,
                                                        std::span<const size_t> branches) const {
  auto video = embed_video_(seams_.tokens.part(patches(input, Patch(config_)), 1));
  std::vector<Streams> streams;
  for (auto branch : branches) {
    const auto& condition = prepared.conditions.at(branch);
    streams.push_back(
        {video, embed_condition_(condition, prepared.modulation->refiner_time(step))});
  }
  return streams;
}

at::Tensor Transformer::projected(const Prepared& prepared,
                                  const nn::Residual& video,
                                  int64_t step) const {
  const auto output = prepared.modulation->output(step);
  auto part =
      project_(seams_.elementwise.normed(video, kAdaptiveNorm, {output.scale, output.shift}));
  auto tokens = seams_.tokens.whole(part, 1, prepared.tokens());
  return unpatched(tokens, prepared.grid, Patch(config_));
}

std::vector<at::Tensor> Transformer::velocity(const Prepared& prepared,
                                              const at::Tensor& input,
                                              int64_t step,
                                              std::span<const size_t> branches) const {
  auto streams = embedded(prepared, input, step, branches);
  for (int64_t i = 0; i < config_.num_layers; ++i) {
    auto modulation = prepared.modulation->block(i, step);
    seams_.blocks.enter(i);
    for (auto& [video, text] : streams) {
      if (i + 1 < config_.num_layers) {
        blocks_[static_cast<size_t>(i)](video, text, modulation, prepared.rotary, seams_.attend,
                                        seams_.elementwise);
      } else {
        last_block_(video, text, modulation, prepared.rotary, seams_.attend, seams_.elementwise);
      }
    }
    seams_.blocks.leave(i);
  }
  std::vector<at::Tensor> velocities;
  for (const auto& branch : streams) velocities.push_back(projected(prepared, branch.video, step));
  return velocities;
}

std::vector<std::string> block_prefixes(const config::Hunyuan15TransformerConfig& config) {
  std::vector<std::string> prefixes;
  for (int64_t i = 0; i < config.num_layers; ++i) {
    prefixes.push_back("transformer_blocks." + std::to_string(i));
  }
  return prefixes;
}

std::vector<std::string> unused_parameters(const config::Hunyuan15TransformerConfig& config) {
  const auto last = block_prefixes(config).back() + ".";
  std::vector<std::string> names = {last + "attn.norm_added_q.weight"};
  for (const char* layer :
       {"attn.add_q_proj", "attn.to_add_out", "ff_context.net.0.proj", "ff_context.net.2"}) {
    names.push_back(last + layer + ".weight");
    names.push_back(last + layer + ".bias");
  }
  return names;
}

}  // namespace kinema::hunyuan15
