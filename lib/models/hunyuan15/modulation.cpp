// One row of the table at a time, so that a step's vectors do not depend on how many steps there
// are.
#include "models/hunyuan15/modulation.h"

#include <ATen/ops/silu.h>

#include "nn/layers.h"
#include "nn/row_by_row.h"

namespace kinema::hunyuan15 {
namespace {

// Places in a stream's six vectors; the output's two are scale, shift.
constexpr int64_t kBlockScales[] = {1, 4};
constexpr int64_t kOutputScale = 0, kOutputShift = 1;

at::Tensor embedded_time(const nn::ParamScope& scope, int64_t width, const at::Tensor& t) {
  return nn::row_by_row(nn::TimestepEmbedding(scope, width), t);
}

// [n, C] -> [n, parts, C]
at::Tensor vectors(const nn::ParamScope& scope, const at::Tensor& activated, int64_t parts) {
  const int64_t width = activated.size(-1);
  return nn::row_by_row(nn::Linear(scope, width, parts * width), activated)
      .unflatten(-1, {parts, width});
}

at::Tensor block_vectors(const nn::ParamScope& scope, const at::Tensor& activated) {
  auto six = vectors(scope, activated, 6);
  for (auto place : kBlockScales) six.select(1, place).add_(1);
  return six;
}

at::Tensor vector_at(const at::Tensor& table, int64_t step, int64_t place) {
  return table.narrow(0, step, 1).narrow(1, place, 1);
}

Modulation sub_layer(const at::Tensor& six, int64_t step, int64_t first) {
  return {vector_at(six, step, first), vector_at(six, step, first + 1),
          vector_at(six, step, first + 2)};
}

StreamModulation stream(const at::Tensor& six, int64_t step) {
  return {sub_layer(six, step, 0), sub_layer(six, step, 3)};
}

}  // namespace

ModulationTable::ModulationTable(const nn::ParamScope& model,
                                 const config::Hunyuan15TransformerConfig& config,
                                 const at::Tensor& t,
                                 const at::Tensor& t_r)
    : time_(embedded_time(model / "time_embed.timestep_embedder", config.width(), t)),
      refiner_time_(embedded_time(
          model / "context_embedder.time_text_embed.timestep_embedder", config.width(), t)) {
  if (t_r.defined()) {
    time_ += embedded_time(model / "time_embed.timestep_embedder_r", config.width(), t_r);
  }
  auto activated = at::silu(time_);
  output_ = vectors(model / "norm_out.linear", activated, 2);
  output_.select(1, kOutputScale).add_(1);
  for (int64_t i = 0; i < config.num_layers; ++i) {
    auto block = model / "transformer_blocks" / i;
    blocks_.push_back({block_vectors(block / "norm1.linear", activated),
                       block_vectors(block / "norm1_context.linear", activated)});
  }
}

BlockModulation ModulationTable::block(int64_t index, int64_t step) const {
  const auto& block = blocks_.at(static_cast<size_t>(index));
  return {stream(block.video, step), stream(block.text, step)};
}

Modulation ModulationTable::output(int64_t step) const {
  return {vector_at(output_, step, kOutputShift), vector_at(output_, step, kOutputScale), {}};
}

}  // namespace kinema::hunyuan15
