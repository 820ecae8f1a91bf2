// Source: diffusers' LTX2VideoTransformerBlock.
#include "models/ltx2/block.h"

#include <utility>

namespace kinema::ltx2 {
namespace {

// Places of the vectors in a stream's table.
constexpr int64_t kSelfShift = 0, kSelfScale = 1, kSelfGate = 2;
constexpr int64_t kFeedShift = 3, kFeedScale = 4, kFeedGate = 5;
constexpr int64_t kTextShift = 6, kTextScale = 7, kTextGate = 8;
// In that of the text.
constexpr int64_t kKeysShift = 0, kKeysScale = 1;
// And in that of the attention between the streams, where the scale comes first.
constexpr int64_t kToVideoScale = 0, kToVideoShift = 1;
constexpr int64_t kToAudioScale = 2, kToAudioShift = 3;
constexpr int64_t kCrossGate = 4;
constexpr int64_t kCrossVectors = 5;

constexpr nn::Brings kNobody = {0, false, false};
nn::Brings asking(const nn::Residual& x) { return {x.tokens(), true, false}; }
nn::Brings answering(const nn::Residual& x) { return {x.tokens(), false, true}; }

nn::Bias bias(bool present) { return present ? nn::Bias::kPresent : nn::Bias::kNone; }

AttentionShape attention_shape(const config::Ltx2TransformerConfig& config,
                               const config::Ltx2StreamConfig& asking,
                               int64_t context_width,
                               const config::Ltx2StreamConfig& heads) {
  return {asking.width(),
          context_width,
          heads.num_attention_heads,
          heads.attention_head_dim,
          config.norm_eps,
          bias(config.attention_bias),
          bias(config.attention_out_bias),
          asking.gated_attn};
}

}  // namespace

StreamLayers::StreamLayers(const nn::ParamScope& block,
                           const std::string& prefix,
                           const config::Ltx2StreamConfig& stream,
                           const config::Ltx2TransformerConfig& config)
    : norm_{kernels::RowNorm::kRms, config.norm_eps},
      modulated_queries_(stream.cross_attn_mod),
      self_(block / (prefix + "attn1"), attention_shape(config, stream, stream.width(), stream)),
      text_(block / (prefix + "attn2"),
            attention_shape(config, stream, stream.cross_attention_dim, stream)),
      feed_forward_(block / (prefix + "ff"),
                    stream.width(),
                    stream.mlp_width(),
                    nn::Activation::kGeluTanh,
                    bias(stream.ff_bias)),
      table_(block.take(prefix + "scale_shift_table", {stream.modulations(), stream.width()})) {
  if (config.modulates_text()) {
    text_table_ = block.take(prefix + "prompt_scale_shift_table", {2, stream.width()});
  }
}

TokenVectors StreamLayers::vectors(const StreamModulation& modulation,
                                   const nn::TokenRows& which) const {
  auto rows = table_ + modulation.block;
  if (!modulated_queries_) return {rows, {kSelfScale, kFeedScale}, which};
  return {rows, {kSelfScale, kFeedScale, kTextScale}, which};
}

nn::Residual StreamLayers::after_self(const nn::Residual& x,
                                      const TokenVectors& vectors,
                                      SelfAttention how,
                                      const Rotary& rotary,
                                      const nn::JointAttention& attend,
                                      const nn::Elementwise& elementwise) const {
  auto h = vectors.normed(x, norm_, kSelfScale, kSelfShift, elementwise);
  at::Tensor attended;
  if (how == SelfAttention::kValuesOnly) {
    attended = self_.values(h);
  } else {
    const auto joint = attend.places(self_.head_shape(), {x.tokens()}, kNobody);
    self_.queries_keys_values(h, rotary, h, rotary, elementwise, joint.video);
    attended = attend.attended(joint).first;
  }
  return vectors.added(x, self_.out(std::move(attended), h), kSelfGate, elementwise);
}

KeysValues StreamLayers::text_keys(const at::Tensor& text,
                                   const StreamModulation& modulation) const {
  if (!text_table_.defined()) return text_.keys_values(text);
  const auto rows = modulation.text.defined() ? (text_table_ + modulation.text)[0] : text_table_;
  return text_.keys_values((text * (rows[kKeysScale] + 1)).add_(rows[kKeysShift]));
}

nn::Residual StreamLayers::after_text(const nn::Residual& x,
                                      const TokenVectors& vectors,
                                      const KeysValues& text,
                                      const nn::Elementwise& elementwise) const {
  auto h = modulated_queries_ ? vectors.normed(x, norm_, kTextScale, kTextShift, elementwise)
                              : elementwise.normed(x, norm_);
  auto y = text_.out(attended(text_.queries(h), text), h);
  return modulated_queries_ ? vectors.added(x, std::move(y), kTextGate, elementwise)
                            : elementwise.added(x, std::move(y));
}

nn::Residual StreamLayers::after_feed_forward(const nn::Residual& x,
                                              const TokenVectors& vectors,
                                              const nn::Elementwise& elementwise) const {
  auto h = vectors.normed(x, norm_, kFeedScale, kFeedShift, elementwise);
  return vectors.added(x, feed_forward_(h, elementwise), kFeedGate, elementwise);
}

Exchange::Exchange(const nn::ParamScope& block, const config::Ltx2TransformerConfig& config)
    : norm_{kernels::RowNorm::kRms, config.norm_eps},
      to_video_(block / "audio_to_video_attn",
                attention_shape(config, config.video, config.audio.width(), config.audio)),
      to_audio_(block / "video_to_audio_attn",
                attention_shape(config, config.audio, config.video.width(), config.audio)),
      video_table_(block.take("video_a2v_cross_attn_scale_shift_table",
                              {kCrossVectors, config.video.width()})),
      audio_table_(block.take("audio_a2v_cross_attn_scale_shift_table",
                              {kCrossVectors, config.audio.width()})) {}

TokenVectors Exchange::video_vectors(const StreamModulation& modulation,
                                     const nn::TokenRows& rows) const {
  return {video_table_ + modulation.cross, {kToVideoScale, kToAudioScale}, rows};
}

TokenVectors Exchange::audio_vectors(const StreamModulation& modulation,
                                     const nn::TokenRows& rows) const {
  return {audio_table_ + modulation.cross, {kToVideoScale, kToAudioScale}, rows};
}

Residuals Exchange::operator()(const Residuals& x,
                               const TokenVectors& video,
                               const TokenVectors& audio,
                               const Rotaries& rotaries,
                               const nn::Seams& seams) const {
  const auto& by = seams.elementwise;
  // Both directions read the streams as they are before either.
  auto asks = video.normed(x.video, norm_, kToVideoScale, kToVideoShift, by);
  auto heard = audio.normed(x.audio, norm_, kToVideoScale, kToVideoShift, by);
  const nn::LocalJointAttention listen;
  auto joint = listen.places(to_video_.head_shape(), asking(x.video), answering(x.audio));
  to_video_.queries_keys_values(asks, rotaries.video_cross, heard, rotaries.audio_cross, by,
                                {joint.video.q, joint.text.k, joint.text.v});
  auto out = to_video_.out(listen.attended(joint).first, asks);
  auto new_video = video.added(x.video, std::move(out), kCrossGate, by);

  asks = audio.normed(x.audio, norm_, kToAudioScale, kToAudioShift, by);
  auto seen = video.normed(x.video, norm_, kToAudioScale, kToAudioShift, by);
  joint = seams.attend.places(to_audio_.head_shape(), answering(x.video), asking(x.audio));
  to_audio_.queries_keys_values(asks, rotaries.audio_cross, seen, rotaries.video_cross, by,
                                {joint.text.q, joint.video.k, joint.video.v});
  out = to_audio_.out(seams.attend.attended(joint).second, asks);
  auto new_audio = audio.added(x.audio, std::move(out), kCrossGate, by);
  return {new_video, new_audio};
}

Block::Block(const nn::ParamScope& block, const config::Ltx2TransformerConfig& config)
    : video_(block, "", config.video, config),
      audio_(block, "audio_", config.audio, config),
      exchange_(block, config) {}

BlockVectors Block::vectors(const Modulations& modulations) const {
  return {video_.vectors(modulations.video, modulations.video_rows),
          audio_.vectors(modulations.audio, modulations.audio_rows),
          exchange_.video_vectors(modulations.video, modulations.video_rows),
          exchange_.audio_vectors(modulations.audio, modulations.audio_rows)};
}

Residuals Block::after_self(const Residuals& x,
                            const BlockVectors& vectors,
                            SelfAttention how,
                            const Rotaries& rotaries,
                            const nn::Seams& seams) const {
  return {video_.after_self(x.video, vectors.video, how, rotaries.video, seams.attend,
                            seams.elementwise),
          audio_.after_self(x.audio, vectors.audio, how, rotaries.audio, nn::LocalJointAttention(),
                            seams.elementwise)};
}

TextKeys Block::text_keys(const Streams& text, const Modulations& modulations) const {
  return {video_.text_keys(text.video, modulations.video),
          audio_.text_keys(text.audio, modulations.audio)};
}

Residuals Block::after_text(const Residuals& x,
                            const BlockVectors& vectors,
                            const TextKeys& text,
                            const nn::Seams& seams) const {
  return {video_.after_text(x.video, vectors.video, text.video, seams.elementwise),
          audio_.after_text(x.audio, vectors.audio, text.audio, seams.elementwise)};
}

Residuals Block::after_exchange(const Residuals& x,
                                const BlockVectors& vectors,
                                const Rotaries& rotaries,
                                const nn::Seams& seams) const {
  return exchange_(x, vectors.video_cross, vectors.audio_cross, rotaries, seams);
}

Residuals Block::after_feed_forward(const Residuals& x,
                                    const BlockVectors& vectors,
                                    const nn::Seams& seams) const {
  return {video_.after_feed_forward(x.video, vectors.video, seams.elementwise),
          audio_.after_feed_forward(x.audio, vectors.audio, seams.elementwise)};
}

}  // namespace kinema::ltx2
