// Each prompt is encoded by the tensor-parallel ranks that predict its branch first, then handed to
// the rest.
#include "pipeline/hunyuan15_text.h"

#include "pipeline/component.h"
#include "text/hunyuan15_prompt.h"

namespace kinema::pipeline {
namespace {

std::filesystem::path tokenizer_folder(const Runtime& runtime, const char* name) {
  return runtime.model.index.folder / name;
}

// Whether this rank belongs to the tensor-parallel group that encodes prompt `index`.
bool encodes(const Runtime& runtime, size_t index) {
  const int first = runtime.team.speaker(index), rank = runtime.team.replica().rank();
  return rank >= first && rank < first + runtime.team.tensor_ranks();
}

class Encoders {
 public:
  explicit Encoders(Runtime& runtime)
      : text_component_(runtime,
                        "text_encoder",
                        text::QwenTextModel::names(text_config(runtime)),
                        text_rules(runtime)),
        text_(nn::ParamScope(text_component_.source()), text_config(runtime)),
        glyph_component_(runtime, "text_encoder_2", text::T5Encoder::names()),
        glyph_(nn::ParamScope(glyph_component_.source()), runtime.model.hunyuan15.text_encoder_2) {
    text_component_.warn_unread();
    glyph_component_.warn_unread();
    runtime.stages.read(text_component_.bytes_read() + glyph_component_.bytes_read());
  }

  hunyuan15::Condition operator()(const text::Hunyuan15Tokens& tokens) {
    return {text::encode_text(tokens, text_, blocks_),
            text::encode_glyphs(tokens, glyph_, blocks_),
            {}};
  }

 private:
  static const config::QwenTextConfig& text_config(const Runtime& runtime) {
    return runtime.model.hunyuan15.text_encoder;
  }
  // Key-value heads that the ranks do not divide leave the encoder whole on each of them.
  static const std::vector<parallel::CutRule>& text_rules(const Runtime& runtime) {
    static const std::vector<parallel::CutRule> uncut;
    const auto& config = text_config(runtime);
    const int64_t ranks = runtime.team.tensor().size();
    const bool divides = config.num_key_value_heads % ranks == 0 &&
                         config.num_attention_heads % ranks == 0 &&
                         config.intermediate_size % ranks == 0;
    return divides ? parallel::qwen_text_rules() : uncut;
  }

  nn::BlockWeights blocks_;
  OpenComponent text_component_;
  text::QwenTextModel text_;
  OpenComponent glyph_component_;
  text::T5Encoder glyph_;
};

}  // namespace

std::vector<hunyuan15::Condition> encode_prompts(Runtime& runtime,
                                                 const std::vector<std::string>& prompts) {
  // Every rank tokenizes, so that a prompt that cannot be is refused by all alike.
  const text::Hunyuan15Tokenizer tokenizer(tokenizer_folder(runtime, "tokenizer"),
                                           tokenizer_folder(runtime, "tokenizer_2"));
  std::optional<Encoders> encoders;
  std::vector<hunyuan15::Condition> conditions(prompts.size());
  for (size_t i = 0; i < prompts.size(); ++i) {
    const auto tokens = tokenizer(prompts[i]);
    if (!encodes(runtime, i)) continue;
    if (!encoders) encoders.emplace(runtime);
    conditions[i] = (*encoders)(tokens);
  }
  encoders.reset();
  for (size_t i = 0; i < prompts.size(); ++i) {
    auto& condition = conditions[i];
    const int root = runtime.team.speaker(i);
    for (auto* part : {&condition.text, &condition.glyph}) {
      *part = parallel::shared_from(runtime.team.replica(), root, *part);
    }
  }
  return conditions;
}

}  // namespace kinema::pipeline
