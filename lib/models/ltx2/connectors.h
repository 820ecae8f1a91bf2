// What stands between LTX-2's text encoder and its transformer: every layer's hidden states become
// one vector a token, then one stack of blocks makes the video's text and one the sound's.
#pragma once

#include <vector>

#include <ATen/core/Tensor.h>

#include "config/ltx2_connectors_config.h"
#include "models/ltx2/attention.h"
#include "models/ltx2/rotary.h"
#include "nn/layers.h"

namespace kinema::ltx2 {

// What the transformer reads, [1, T, width of the stream].
struct TextEmbeds {
  at::Tensor video, audio;
};

// Attention and MLP, both after an RMS norm without weight.
class ConnectorBlock {
 public:
  ConnectorBlock(const nn::ParamScope& scope, const config::Ltx2ConnectorConfig& config);
  // Updates x [1, T, C] in place.
  void operator()(at::Tensor& x, const Rotary& rotary) const;

 private:
  Attention attention_;
  nn::FeedForward feed_forward_;
};

// Fills the text up with registers and lets all of it attend to all of it.
class Connector {
 public:
  Connector(const nn::ParamScope& scope,
            const config::Ltx2ConnectorConfig& stack,
            const config::Ltx2ConnectorsConfig& config);
  // x [1, S, C] -> [1, T, C]: positions from S on hold the register of their number. Throws
  // Error(kConfig) if the registers do not divide `length`, which is T.
  at::Tensor operator()(const at::Tensor& x, int64_t length) const;

 private:
  at::Tensor filled(const at::Tensor& x, int64_t length) const;

  RotaryShape rotary_;
  int64_t base_length_;
  at::Tensor registers_;
  std::vector<ConnectorBlock> blocks_;
};

class TextConnectors {
 public:
  TextConnectors(const nn::ParamScope& scope, const config::Ltx2ConnectorsConfig& config);

  // hidden [1, S, caption_channels, text_proj_in_factor]: the states of the S tokens of a prompt,
  // without padding, in the parameters' type. `length` T is the row's that the reference pads them
  // to.
  TextEmbeds operator()(const at::Tensor& hidden, int64_t length) const;

 private:
  TextEmbeds projected(const at::Tensor& hidden) const;

  double video_scale_, audio_scale_;
  std::vector<nn::Linear> projections_;  // one for both, or the video's and the sound's
  Connector video_, audio_;
};

// hidden [1, S, C, N] -> the same shape and type: 8 (h - mean) / (max - min) of each layer, over
// all tokens and channels.
at::Tensor range_normed(const at::Tensor& hidden);

// The same by each token's root of the mean square over the channels of a layer.
at::Tensor token_normed(const at::Tensor& hidden);

}  // namespace kinema::ltx2
