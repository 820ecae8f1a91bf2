// Only beginnings differ: layers of the blocks are called the same.
#include "plan/ltx2_names.h"

namespace kinema::plan {
namespace {

struct Beginning {
  std::string_view component, ours, theirs;
};

constexpr Beginning kBeginnings[] = {
    {"transformer", "proj_in", "patchify_proj"},
    {"transformer", "audio_proj_in", "audio_patchify_proj"},
    {"transformer", "time_embed.", "adaln_single."},
    {"transformer", "audio_time_embed.", "audio_adaln_single."},
    {"transformer", "av_cross_attn_video_scale_shift.", "av_ca_video_scale_shift_adaln_single."},
    {"transformer", "av_cross_attn_audio_scale_shift.", "av_ca_audio_scale_shift_adaln_single."},
    {"transformer", "av_cross_attn_video_a2v_gate.", "av_ca_a2v_gate_adaln_single."},
    {"transformer", "av_cross_attn_audio_v2a_gate.", "av_ca_v2a_gate_adaln_single."},
    {"transformer", "prompt_adaln.", "prompt_adaln_single."},
    {"transformer", "audio_prompt_adaln.", "audio_prompt_adaln_single."},
    {"connectors", "text_proj_in", "text_embedding_projection.aggregate_embed"},
    {"connectors", "video_text_proj_in", "text_embedding_projection.video_aggregate_embed"},
    {"connectors", "audio_text_proj_in", "text_embedding_projection.audio_aggregate_embed"},
    {"connectors", "video_connector.transformer_blocks.",
     "video_embeddings_connector.transformer_1d_blocks."},
    {"connectors", "audio_connector.transformer_blocks.",
     "audio_embeddings_connector.transformer_1d_blocks."}};

}  // namespace

std::vector<LayerName> ltx2_layer_names(std::string_view component, std::string_view layer) {
  std::vector<LayerName> names;
  for (const auto& one : kBeginnings) {
    if (one.component != component || !layer.starts_with(one.ours)) continue;
    const auto rest = layer.substr(one.ours.size());
    // A layer's whole name, or a scope.
    if (rest.empty() || one.ours.ends_with('.'))
      names.push_back({std::string(one.theirs) + std::string(rest)});
  }
  return names;
}

}  // namespace kinema::plan
