// One block of the HunyuanVideo 1.5 transformer: video and text each with their own weights, one
// attention over both. Shapes: L tokens of one stream, C width, H heads, D width of a head; the
// batch is 1.
#pragma once

#include <optional>

#include <ATen/core/Tensor.h>

#include "config/hunyuan15_config.h"
#include "models/hunyuan15/modulation.h"
#include "nn/elementwise.h"
#include "nn/layers.h"
#include "nn/linear_stack.h"
#include "nn/residual.h"
#include "nn/rotary.h"
#include "nn/seams.h"

namespace kinema::hunyuan15 {

// The checkpoint's names for one stream's layers.
struct StreamNames;

// Whether anybody reads what a stream's queries find.
enum class Queries { kNone, kPresent };

// What a stream lends to attention: queries if they are wanted, keys and values.
class StreamHeads {
 public:
  StreamHeads(const nn::ParamScope& block,
              const StreamNames& names,
              Queries queries,
              const config::Hunyuan15TransformerConfig& config);
  // Of the modulated stream [1, L, C], into their places.
  void operator()(const at::Tensor& x,
                  const nn::Rotary& rotary,
                  const nn::Elementwise& elementwise,
                  const nn::Qkv& places) const;
  nn::HeadShape shape() const;

 private:
  int64_t head_dim_;
  nn::LinearStack layers_;
  std::optional<nn::RmsNorm> q_norm_;
  nn::RmsNorm k_norm_;
};

// The half of a block that video and text each have their own weights for.
class StreamHalf {
 public:
  StreamHalf(const nn::ParamScope& block,
             const StreamNames& names,
             const config::Hunyuan15TransformerConfig& config);

  // Queries, keys and values of x into their places.
  void before_attention(const nn::Residual& x,
                        const StreamModulation& modulation,
                        const nn::Rotary& rotary,
                        const nn::Elementwise& elementwise,
                        const nn::Qkv& places) const;
  nn::HeadShape head_shape() const { return heads_.shape(); }
  // attended: [1, L, H, D] -> the stream behind the block.
  nn::Residual after_attention(const nn::Residual& x,
                               const at::Tensor& attended,
                               const StreamModulation& modulation,
                               const nn::Elementwise& elementwise) const;

 private:
  StreamHeads heads_;
  nn::Linear out_;
  nn::FeedForward mlp_;
};

class DualStreamBlock {
 public:
  DualStreamBlock(const nn::ParamScope& block, const config::Hunyuan15TransformerConfig& config);
  // Replaces both streams. Only the video stream carries positions.
  void operator()(nn::Residual& video,
                  nn::Residual& text,
                  const BlockModulation& modulation,
                  const nn::Rotary& rotary,
                  const nn::JointAttention& attend,
                  const nn::Elementwise& elementwise) const;

 private:
  StreamHalf video_, text_;
};

// The last block: nobody reads the text behind it, so of the text only keys and values are made
// (and of its weights only theirs are taken).
class LastBlock {
 public:
  LastBlock(const nn::ParamScope& block, const config::Hunyuan15TransformerConfig& config);
  void operator()(nn::Residual& video,
                  const nn::Residual& text,
                  const BlockModulation& modulation,
                  const nn::Rotary& rotary,
                  const nn::JointAttention& attend,
                  const nn::Elementwise& elementwise) const;

 private:
  StreamHalf video_;
  StreamHeads text_;
};

}  // namespace kinema::hunyuan15
