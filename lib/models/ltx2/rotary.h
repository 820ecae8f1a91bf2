// LTX-2's rotary positions: where tokens lie in seconds and pixels, and how far each pair of a
// head's channels turns there. Every head has frequencies of its own.
#pragma once

#include <ATen/core/Tensor.h>

#include "config/ltx2_transformer_config.h"
#include "nn/rotary.h"

namespace kinema::ltx2 {

// Cosines and sines of the turns, each [L, H, D / 2] float32.
struct Rotary {
  at::Tensor cos, sin;
  config::Ltx2RopeType type;
};

// The channels that a table is for: `width` of them in `heads` equal parts, theta^0 to theta^1 over
// all of them.
struct RotaryShape {
  int64_t width, heads;
  double theta;
  bool double_precision;  // of the frequencies, before they are rounded to float32
  config::Ltx2RopeType type;
};

// fractions: [L, axes] float32, 0 to 1 within the range that the model was trained on.
Rotary rotary_table(const at::Tensor& fractions, const RotaryShape& shape);

// Which channels of a head turn together.
nn::Pairs pairs_of(config::Ltx2RopeType type);

// x [B, L, H, D] turned in float32 and rounded back to x's type. The table's heads may be others
// than x's, if their width is the same.
at::Tensor rotated(const at::Tensor& x, const Rotary& rotary);

// Where the tokens of a video begin and end: [3, frames * height * width, 2] float32 on the CPU,
// seconds, rows and columns of pixels. The grid counts latents; frame_rate is that of the motion.
at::Tensor video_bounds(int64_t frames,
                        int64_t height,
                        int64_t width,
                        double frame_rate,
                        const config::Ltx2TransformerConfig& config);

// The same of a picture that is appended to the tokens and shown at the latent frame `frame` > 0:
// [3, height * width, 2]; it lasts one frame of pixels.
at::Tensor keyframe_bounds(int64_t frame,
                           int64_t height,
                           int64_t width,
                           double frame_rate,
                           const config::Ltx2TransformerConfig& config);

// The same of `tokens` tokens of sound: [1, tokens, 2], seconds.
at::Tensor audio_bounds(int64_t tokens, const config::Ltx2TransformerConfig& config);

// The tables of one generation, for the tokens and heads of whole streams.
struct Rotaries {
  Rotary video, audio;              // for the attention within a stream
  Rotary video_cross, audio_cross;  // for that between the streams: time alone
};

// bounds as the functions above give them, perhaps with more tokens behind.
Rotaries rotaries(const at::Tensor& video_bounds,
                  const at::Tensor& audio_bounds,
                  const config::Ltx2TransformerConfig& config);

}  // namespace kinema::ltx2
