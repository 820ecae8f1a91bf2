// Layers by the names of the checkpoints. What feeds heads is cut by columns, what gathers them by
// rows.
#include "parallel/cut_rules.h"

namespace kinema::parallel {

const std::vector<CutRule>& hunyuan15_transformer_rules() {
  static const std::vector<CutRule> rules = {
      {"transformer_blocks.", "attn.to_q", Cut::kColumns},
      {"transformer_blocks.", "attn.to_k", Cut::kColumns},
      {"transformer_blocks.", "attn.to_v", Cut::kColumns},
      {"transformer_blocks.", "attn.to_out.0", Cut::kRows},
      {"transformer_blocks.", "attn.add_q_proj", Cut::kColumns},
      {"transformer_blocks.", "attn.add_k_proj", Cut::kColumns},
      {"transformer_blocks.", "attn.add_v_proj", Cut::kColumns},
      {"transformer_blocks.", "attn.to_add_out", Cut::kRows},
      {"transformer_blocks.", "ff.net.0.proj", Cut::kColumns},
      {"transformer_blocks.", "ff.net.2", Cut::kRows},
      {"transformer_blocks.", "ff_context.net.0.proj", Cut::kColumns},
      {"transformer_blocks.", "ff_context.net.2", Cut::kRows},
  };
  return rules;
}

const std::vector<CutRule>& ltx2_transformer_rules() {
  static const std::vector<CutRule> rules = [] {
    const std::string blocks = "transformer_blocks.";
    std::vector<CutRule> all;
    for (const std::string attention : {"attn1", "attn2", "audio_attn1", "audio_attn2",
                                        "audio_to_video_attn", "video_to_audio_attn"}) {
      for (const char* layer : {".to_q", ".to_k", ".to_v", ".to_gate_logits"}) {
        all.push_back({blocks, attention + layer, Cut::kColumns});
      }
      for (const char* layer : {".norm_q", ".norm_k"}) {
        all.push_back({blocks, attention + layer, Cut::kNorm});
      }
      all.push_back({blocks, attention + ".to_out.0", Cut::kRows});
    }
    for (const std::string feed_forward : {"ff", "audio_ff"}) {
      all.push_back({blocks, feed_forward + ".net.0.proj", Cut::kColumns});
      all.push_back({blocks, feed_forward + ".net.2", Cut::kRows});
    }
    return all;
  }();
  return rules;
}

const std::vector<CutRule>& decoder_text_rules() {
  static const std::vector<CutRule> rules = {
      {"layers.", "self_attn.q_proj", Cut::kColumns},
      {"layers.", "self_attn.k_proj", Cut::kColumns},
      {"layers.", "self_attn.v_proj", Cut::kColumns},
      {"layers.", "self_attn.o_proj", Cut::kRows},
      {"layers.", "mlp.gate_proj", Cut::kColumns},
      {"layers.", "mlp.up_proj", Cut::kColumns},
      {"layers.", "mlp.down_proj", Cut::kRows},
  };
  return rules;
}

const std::vector<CutRule>& uncut() {
  static const std::vector<CutRule> none;
  return none;
}

}  // namespace kinema::parallel
