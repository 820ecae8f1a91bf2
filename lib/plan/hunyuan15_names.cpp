// Each layer under its original name and, where that differs, under ComfyUI's.
#include "plan/hunyuan15_names.h"

namespace kinema::plan {
namespace {

const std::vector<Renamed>& of_blocks() {
  static const std::vector<Renamed> table = {{"norm1.linear", "img_mod.linear"},
                                             {"norm1.linear", "img_mod.lin"},
                                             {"norm1_context.linear", "txt_mod.linear"},
                                             {"norm1_context.linear", "txt_mod.lin"},
                                             {"attn.to_q", "img_attn_q"},
                                             {"attn.to_k", "img_attn_k"},
                                             {"attn.to_v", "img_attn_v"},
                                             {"attn.to_q", "img_attn_qkv", 0, 3},
                                             {"attn.to_k", "img_attn_qkv", 1, 3},
                                             {"attn.to_v", "img_attn_qkv", 2, 3},
                                             {"attn.to_q", "img_attn.qkv", 0, 3},
                                             {"attn.to_k", "img_attn.qkv", 1, 3},
                                             {"attn.to_v", "img_attn.qkv", 2, 3},
                                             {"attn.to_out.0", "img_attn_proj"},
                                             {"attn.to_out.0", "img_attn.proj"},
                                             {"attn.add_q_proj", "txt_attn_q"},
                                             {"attn.add_k_proj", "txt_attn_k"},
                                             {"attn.add_v_proj", "txt_attn_v"},
                                             {"attn.add_q_proj", "txt_attn_qkv", 0, 3},
                                             {"attn.add_k_proj", "txt_attn_qkv", 1, 3},
                                             {"attn.add_v_proj", "txt_attn_qkv", 2, 3},
                                             {"attn.add_q_proj", "txt_attn.qkv", 0, 3},
                                             {"attn.add_k_proj", "txt_attn.qkv", 1, 3},
                                             {"attn.add_v_proj", "txt_attn.qkv", 2, 3},
                                             {"attn.to_add_out", "txt_attn_proj"},
                                             {"attn.to_add_out", "txt_attn.proj"},
                                             {"ff.net.0.proj", "img_mlp.fc1"},
                                             {"ff.net.2", "img_mlp.fc2"},
                                             {"ff.net.0.proj", "img_mlp.0"},
                                             {"ff.net.2", "img_mlp.2"},
                                             {"ff_context.net.0.proj", "txt_mlp.fc1"},
                                             {"ff_context.net.2", "txt_mlp.fc2"},
                                             {"ff_context.net.0.proj", "txt_mlp.0"},
                                             {"ff_context.net.2", "txt_mlp.2"}};
  return table;
}

const std::vector<Renamed>& of_refiner() {
  static const std::vector<Renamed> table = {{"attn.to_q", "self_attn_qkv", 0, 3},
                                             {"attn.to_k", "self_attn_qkv", 1, 3},
                                             {"attn.to_v", "self_attn_qkv", 2, 3},
                                             {"attn.to_q", "self_attn.qkv", 0, 3},
                                             {"attn.to_k", "self_attn.qkv", 1, 3},
                                             {"attn.to_v", "self_attn.qkv", 2, 3},
                                             {"attn.to_out.0", "self_attn_proj"},
                                             {"attn.to_out.0", "self_attn.proj"},
                                             {"ff.net.0.proj", "mlp.fc1"},
                                             {"ff.net.2", "mlp.fc2"},
                                             {"ff.net.0.proj", "mlp.0"},
                                             {"ff.net.2", "mlp.2"},
                                             {"norm_out.linear", "adaLN_modulation.1"}};
  return table;
}

const std::vector<Renamed>& of_root() {
  static const std::vector<Renamed> table = {
      {"x_embedder.proj", "img_in.proj"},
      {"time_embed.timestep_embedder.linear_1", "time_in.mlp.0"},
      {"time_embed.timestep_embedder.linear_2", "time_in.mlp.2"},
      {"time_embed.timestep_embedder_r.linear_1", "time_r_in.mlp.0"},
      {"time_embed.timestep_embedder_r.linear_2", "time_r_in.mlp.2"},
      {"context_embedder.time_text_embed.timestep_embedder.linear_1", "txt_in.t_embedder.mlp.0"},
      {"context_embedder.time_text_embed.timestep_embedder.linear_2", "txt_in.t_embedder.mlp.2"},
      {"context_embedder.time_text_embed.text_embedder.linear_1", "txt_in.c_embedder.linear_1"},
      {"context_embedder.time_text_embed.text_embedder.linear_2", "txt_in.c_embedder.linear_2"},
      {"context_embedder.proj_in", "txt_in.input_embedder"},
      {"context_embedder_2.linear_1", "byt5_in.fc1"},
      {"context_embedder_2.linear_2", "byt5_in.fc2"},
      {"context_embedder_2.linear_3", "byt5_in.fc3"},
      {"image_embedder.linear_1", "vision_in.proj.1"},
      {"image_embedder.linear_2", "vision_in.proj.3"},
      {"proj_out", "final_layer.linear"},
      // Here scale before shift, there shift before scale.
      {"norm_out.linear", "final_layer.adaLN_modulation.1", 0, 1, true}};
  return table;
}

}  // namespace

std::vector<LayerName> hunyuan15_layer_names(std::string_view layer) {
  std::vector<LayerName> names;
  add_renamed(layer, "transformer_blocks.", "double_blocks.", of_blocks(), names);
  add_renamed(layer, "context_embedder.token_refiner.refiner_blocks.",
              "txt_in.individual_token_refiner.blocks.", of_refiner(), names);
  add_renamed(layer, "", "", of_root(), names);
  return names;
}

}  // namespace kinema::plan
