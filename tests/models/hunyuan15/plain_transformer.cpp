// Written from the reference's forward, not from lib/: it shares no code with what it checks.
#include "models/hunyuan15/plain_transformer.h"

#include <cmath>
#include <string>

#include <ATen/ATen.h>

namespace kinema::hunyuan15 {
namespace {

class Plain {
 public:
  Plain(weights::ParamSource& weights, const config::Hunyuan15TransformerConfig& config)
      : weights_(weights), config_(config), width_(config.width()) {}

  at::Tensor velocity(const at::Tensor& input,
                      const at::Tensor& t,
                      const at::Tensor& t_r,
                      const Condition& condition);

 private:
  at::Tensor linear(const std::string& name, const at::Tensor& x, int64_t out) {
    return at::linear(x, weights_.take(name + ".weight", {out, x.size(-1)}),
                      weights_.take(name + ".bias", {out}));
  }
  at::Tensor norm(const std::string& name, const at::Tensor& x, double eps) {
    const int64_t n = x.size(-1);
    return at::layer_norm(x, {n}, weights_.take(name + ".weight", {n}),
                          weights_.take(name + ".bias", {n}), eps);
  }
  at::Tensor rms(const std::string& name, const at::Tensor& x) {
    auto w = weights_.take(name + ".weight", {x.size(-1)});
    return x * at::rsqrt(x.pow(2).mean(-1, true) + 1e-6) * w;
  }
  at::Tensor heads(const at::Tensor& x) {
    return x.unflatten(-1, {-1, config_.attention_head_dim}).transpose(1, 2);
  }
  at::Tensor attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v) {
    auto scores = at::matmul(q, k.transpose(-2, -1)) /
                  std::sqrt(static_cast<double>(config_.attention_head_dim));
    return at::matmul(scores.softmax(-1), v).transpose(1, 2).flatten(2);
  }

  at::Tensor time(const std::string& name, const at::Tensor& t);
  at::Tensor refined(const at::Tensor& text, const at::Tensor& t);
  at::Tensor context(const Condition& condition, const at::Tensor& t);
  at::Tensor turned(const at::Tensor& x, at::IntArrayRef grid);
  at::Tensor mlp(const std::string& name, const at::Tensor& x) {
    auto h = at::gelu(linear(name + ".net.0.proj", x, config_.mlp_width()), "tanh");
    return linear(name + ".net.2", h, width_);
  }
  void block(const std::string& name,
             at::Tensor& video,
             at::Tensor& text,
             const at::Tensor& temb,
             at::IntArrayRef grid);

  weights::ParamSource& weights_;
  config::Hunyuan15TransformerConfig config_;
  int64_t width_;
};

at::Tensor Plain::time(const std::string& name, const at::Tensor& t) {
  auto frequencies = at::exp(-std::log(10000.0) * at::arange(128, at::kFloat) / 128);
  auto angles = t.unsqueeze(1) * frequencies;
  auto h = linear(name + ".linear_1", at::cat({angles.cos(), angles.sin()}, 1), width_);
  return linear(name + ".linear_2", at::silu(h), width_);
}

at::Tensor Plain::refined(const at::Tensor& text, const at::Tensor& t) {
  const std::string embed = "context_embedder.time_text_embed.";
  auto pooled = linear(embed + "text_embedder.linear_1", text.mean(1), width_);
  auto c = time(embed + "timestep_embedder", t) +
           linear(embed + "text_embedder.linear_2", at::silu(pooled), width_);
  auto x = linear("context_embedder.proj_in", text, width_);
  for (int64_t i = 0; i < config_.num_refiner_layers; ++i) {
    auto b = "context_embedder.token_refiner.refiner_blocks." + std::to_string(i) + ".";
    auto gates = linear(b + "norm_out.linear", at::silu(c), 2 * width_).unsqueeze(1).chunk(2, -1);
    auto n = norm(b + "norm1", x, 1e-6);
    auto part = [&](const char* layer) { return heads(linear(b + "attn." + layer, n, width_)); };
    auto attended = attention(part("to_q"), part("to_k"), part("to_v"));
    x = x + linear(b + "attn.to_out.0", attended, width_) * gates[0];
    auto h = at::silu(linear(b + "ff.net.0.proj", norm(b + "norm2", x, 1e-6), 4 * width_));
    x = x + linear(b + "ff.net.2", h, width_) * gates[1];
  }
  return x;
}

at::Tensor Plain::context(const Condition& condition, const at::Tensor& t) {
  auto types = weights_.take("cond_type_embed.weight", {3, width_});
  std::vector<at::Tensor> parts;
  if (condition.image.defined()) {
    auto h = norm("image_embedder.norm_in", condition.image, 1e-5);
    h = at::gelu(linear("image_embedder.linear_1", h, h.size(-1)));
    h = norm("image_embedder.norm_out", linear("image_embedder.linear_2", h, width_), 1e-5);
    parts.push_back(h + types[2]);
  }
  if (condition.glyph.defined()) {
    auto h = norm("context_embedder_2.norm", condition.glyph, 1e-5);
    h = at::gelu(linear("context_embedder_2.linear_1", h, kAnyGlyphWidth));
    h = at::gelu(linear("context_embedder_2.linear_2", h, kAnyGlyphWidth));
    parts.push_back(linear("context_embedder_2.linear_3", h, width_) + types[1]);
  }
  parts.push_back(refined(condition.text, t) + types[0]);
  return at::cat(parts, 1);
}

// x [1, H, L, D]
at::Tensor Plain::turned(const at::Tensor& x, at::IntArrayRef grid) {
  auto axes = at::meshgrid({at::arange(grid[0], at::kFloat), at::arange(grid[1], at::kFloat),
                            at::arange(grid[2], at::kFloat)},
                           "ij");
  std::vector<at::Tensor> angles;
  for (size_t a = 0; a < 3; ++a) {
    const int64_t dim = config_.rope_axes_dim[a];
    auto w = 1 / at::pow(config_.rope_theta, at::arange(0, dim, 2, at::kFloat) / dim);
    angles.push_back(at::outer(axes[a].flatten(), w));
  }
  auto all = at::cat(angles, 1), cos = all.cos(), sin = all.sin();
  auto pairs = x.unflatten(-1, {-1, 2}).unbind(-1);
  return at::stack({pairs[0] * cos - pairs[1] * sin, pairs[1] * cos + pairs[0] * sin}, -1)
      .flatten(-2);
}

void Plain::block(const std::string& b,
                  at::Tensor& video,
                  at::Tensor& text,
                  const at::Tensor& temb,
                  at::IntArrayRef grid) {
  auto six = [&](const char* name) {
    return linear(b + name, at::silu(temb), 6 * width_).unsqueeze(1).chunk(6, -1);
  };
  auto moved = [&](const at::Tensor& x, const at::Tensor& shift, const at::Tensor& scale) {
    return at::layer_norm(x, {width_}, {}, {}, 1e-6) * (1 + scale) + shift;
  };
  auto mv = six("norm1.linear"), mt = six("norm1_context.linear");
  auto nv = moved(video, mv[0], mv[1]), nt = moved(text, mt[0], mt[1]);
  auto made = [&](const char* layer, const at::Tensor& x) {
    return heads(linear(b + "attn." + layer, x, width_));
  };
  auto q = at::cat({turned(rms(b + "attn.norm_q", made("to_q", nv)), grid),
                    rms(b + "attn.norm_added_q", made("add_q_proj", nt))},
                   2);
  auto k = at::cat({turned(rms(b + "attn.norm_k", made("to_k", nv)), grid),
                    rms(b + "attn.norm_added_k", made("add_k_proj", nt))},
                   2);
  auto out = attention(q, k, at::cat({made("to_v", nv), made("add_v_proj", nt)}, 2))
                 .split_with_sizes({video.size(1), text.size(1)}, 1);
  video = video + linear(b + "attn.to_out.0", out[0], width_) * mv[2];
  text = text + linear(b + "attn.to_add_out", out[1], width_) * mt[2];
  video = video + mv[5] * mlp(b + "ff", moved(video, mv[3], mv[4]));
  text = text + mt[5] * mlp(b + "ff_context", moved(text, mt[3], mt[4]));
}

at::Tensor Plain::velocity(const at::Tensor& input,
                           const at::Tensor& t,
                           const at::Tensor& t_r,
                           const Condition& condition) {
  const int64_t pt = config_.patch_size_t, p = config_.patch_size;
  auto temb = time("time_embed.timestep_embedder", t);
  if (t_r.defined()) temb = temb + time("time_embed.timestep_embedder_r", t_r);
  auto embedded = at::conv3d(
      input, weights_.take("x_embedder.proj.weight", {width_, config_.in_channels, pt, p, p}),
      weights_.take("x_embedder.proj.bias", {width_}), {pt, p, p});
  const std::vector<int64_t> grid = {embedded.size(2), embedded.size(3), embedded.size(4)};
  auto video = embedded.flatten(2).transpose(1, 2), text = context(condition, t);
  for (int64_t i = 0; i < config_.num_layers; ++i) {
    block("transformer_blocks." + std::to_string(i) + ".", video, text, temb, grid);
  }
  auto two = linear("norm_out.linear", at::silu(temb), 2 * width_).unsqueeze(1).chunk(2, -1);
  auto y = linear("proj_out", at::layer_norm(video, {width_}, {}, {}, 1e-6) * (1 + two[0]) + two[1],
                  pt * p * p * config_.out_channels);
  return y.reshape({1, grid[0], grid[1], grid[2], -1, pt, p, p})
      .permute({0, 4, 1, 5, 2, 6, 3, 7})
      .flatten(6, 7)
      .flatten(4, 5)
      .flatten(2, 3);
}

}  // namespace

at::Tensor plain_velocity(weights::ParamSource& weights,
                          const config::Hunyuan15TransformerConfig& config,
                          const at::Tensor& input,
                          const at::Tensor& t,
                          const at::Tensor& t_r,
                          const Condition& condition) {
  return Plain(weights, config).velocity(input, t, t_r, condition);
}

}  // namespace kinema::hunyuan15
