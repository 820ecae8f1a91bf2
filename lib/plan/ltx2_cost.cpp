// Video tokens are shared by Ulysses; sound and text stand on every rank.
#include "plan/ltx2_cost.h"

#include "plan/memory_weights.h"

namespace kinema::plan {

DenoiserShape ltx2_denoiser(const config::Ltx2TransformerConfig& config,
                            const Ltx2Tokens& tokens,
                            config::Dtype dtype) {
  const auto d = static_cast<double>(config.video.width());
  const auto a = static_cast<double>(config.audio.width());
  const auto video = static_cast<double>(tokens.video), audio = static_cast<double>(tokens.audio);
  const auto text = static_cast<double>(tokens.text);
  const auto size = static_cast<double>(element_bytes(dtype));
  DenoiserShape shape;
  shape.blocks = config.num_layers;
  shape.passes = tokens.passes;
  // Self-attention 4 d^2, queries and result of the text attention 2 d^2, MLP 8 d^2; between
  // picture and sound, at the width of the sound, queries and result one way, keys and values the
  // other.
  shape.token_flops = 2 * video * (14 * d * d + 4 * d * a);
  shape.context_flops = 2 * audio * (14 * a * a + 4 * a * a);
  // Keys and values of the text are made once where no step changes it.
  if (config.text_follows_step()) shape.context_flops += 2 * text * 2 * (d * d + a * a);
  shape.attention_flops = 4 * video * video * d + 4 * video * text * d + 8 * video * audio * a;
  shape.token_bytes = video * d * size;
  shape.context_bytes = 0;  // every rank has all of it before and after
  shape.merge_bytes = kMergeBytes * video * d;
  shape.token_sums = 4;    // after self-attention, the text's, the sound's and the MLP
  shape.context_sums = 0;  // the sound's are next to nothing
  shape.block_bytes =
      static_cast<uint64_t>((16 * d * d + 16 * a * a + 2 * (2 * d * a + 2 * a * a)) * size);
  shape.prediction_bytes = (video * static_cast<double>(config.video.out_channels) +
                            audio * static_cast<double>(config.audio.out_channels)) *
                           size;
  return shape;
}

}  // namespace kinema::plan
