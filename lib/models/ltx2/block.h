// One block of the LTX-2 transformer, in the order of its parts: each stream attends to itself and
// to the text, the two attend to each other, each goes through its feed-forward layer. Shapes: L
// tokens of a stream, C its width; the batch is 1. No part changes what it is given.
#pragma once

#include <string>

#include <ATen/core/Tensor.h>

#include "config/ltx2_transformer_config.h"
#include "models/ltx2/attention.h"
#include "models/ltx2/modulation.h"
#include "models/ltx2/rotary.h"
#include "nn/layers.h"
#include "nn/residual.h"
#include "nn/seams.h"

namespace kinema::ltx2 {

// Video and sound, each [1, L, C].
struct Streams {
  at::Tensor video, audio;
};

// The same on their way through the blocks.
struct Residuals {
  nn::Residual video, audio;
};

// What the text attentions of a block attend to.
struct TextKeys {
  KeysValues video, audio;
};

// What an attention of a stream to itself gives: what it should, or each token its own values (the
// weaker prediction of spatio-temporal guidance).
enum class SelfAttention { kWhole, kValuesOnly };

// What video and sound each have for themselves.
class StreamLayers {
 public:
  // prefix: "" or "audio_".
  StreamLayers(const nn::ParamScope& block,
               const std::string& prefix,
               const config::Ltx2StreamConfig& stream,
               const config::Ltx2TransformerConfig& config);

  TokenVectors vectors(const StreamModulation& modulation, const nn::TokenRows& rows) const;
  nn::Residual after_self(const nn::Residual& x,
                          const TokenVectors& vectors,
                          SelfAttention how,
                          const Rotary& rotary,
                          const nn::JointAttention& attend,
                          const nn::Elementwise& elementwise) const;
  // text: [1, T, C].
  KeysValues text_keys(const at::Tensor& text, const StreamModulation& modulation) const;
  nn::Residual after_text(const nn::Residual& x,
                          const TokenVectors& vectors,
                          const KeysValues& text,
                          const nn::Elementwise& elementwise) const;
  nn::Residual after_feed_forward(const nn::Residual& x,
                                  const TokenVectors& vectors,
                                  const nn::Elementwise& elementwise) const;

 private:
  nn::Norm norm_;
  bool modulated_queries_;  // of the text attention
  Attention self_, text_;
  nn::FeedForward feed_forward_;
  at::Tensor table_, text_table_;  // the latter undefined if the text is not modulated
};

// The attention between the streams.
class Exchange {
 public:
  Exchange(const nn::ParamScope& block, const config::Ltx2TransformerConfig& config);

  TokenVectors video_vectors(const StreamModulation& modulation, const nn::TokenRows& rows) const;
  TokenVectors audio_vectors(const StreamModulation& modulation, const nn::TokenRows& rows) const;
  // The video's tokens may be a part of all; the seams bring the others' keys to the sound.
  Residuals operator()(const Residuals& x,
                       const TokenVectors& video,
                       const TokenVectors& audio,
                       const Rotaries& rotaries,
                       const nn::Seams& seams) const;

 private:
  nn::Norm norm_;
  Attention to_video_, to_audio_;
  at::Tensor video_table_, audio_table_;
};

// What one step says to one block, whoever passes through it.
struct BlockVectors {
  TokenVectors video, audio, video_cross, audio_cross;
};

// The video's and the sound's modulation at one step, and the rows that their tokens have. Outlives
// the vectors made of it.
struct Modulations {
  StreamModulation video, audio;
  nn::TokenRows video_rows, audio_rows;
};

class Block {
 public:
  Block(const nn::ParamScope& block, const config::Ltx2TransformerConfig& config);

  BlockVectors vectors(const Modulations& modulations) const;
  Residuals after_self(const Residuals& x,
                       const BlockVectors& vectors,
                       SelfAttention how,
                       const Rotaries& rotaries,
                       const nn::Seams& seams) const;
  TextKeys text_keys(const Streams& text, const Modulations& modulations) const;
  Residuals after_text(const Residuals& x,
                       const BlockVectors& vectors,
                       const TextKeys& text,
                       const nn::Seams& seams) const;
  Residuals after_exchange(const Residuals& x,
                           const BlockVectors& vectors,
                           const Rotaries& rotaries,
                           const nn::Seams& seams) const;
  Residuals after_feed_forward(const Residuals& x,
                               const BlockVectors& vectors,
                               const nn::Seams& seams) const;

 private:
  StreamLayers video_, audio_;
  Exchange exchange_;
};

}  // namespace kinema::ltx2
