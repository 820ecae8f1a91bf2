// Each prompt is encoded by the tensor-parallel ranks that predict its branch first, then handed to
// the rest.
#include "pipeline/hunyuan15_text.h"

#include <optional>

#include "pipeline/language_model.h"
#include "pipeline/prompt_rounds.h"
#include "pipeline/streamed_component.h"
#include "text/hunyuan15_prompt.h"

namespace kinema::pipeline {
namespace {

std::filesystem::path tokenizer_folder(const Runtime& runtime, const char* name) {
  return runtime.model.index.folder / name;
}

const config::QwenTextConfig& text_config(const Runtime& runtime) {
  return runtime.model.hunyuan15.text_encoder;
}

class TextEncoder {
 public:
  TextEncoder(Runtime& runtime, int64_t passes)
      : component_(runtime,
                   "text_encoder",
                   text::QwenTextModel::names(text_config(runtime)),
                   text_rules(runtime, text_config(runtime)),
                   layer_scopes(text_config(runtime).num_hidden_layers)),
        model_(nn::ParamScope(component_.source()), text_config(runtime)) {
    component_.start(runtime, passes);
  }

  at::Tensor operator()(const text::Hunyuan15Tokens& tokens) {
    return text::encode_text(tokens, model_, component_);
  }
  void pass_by() { component_.pass_by(); }
  void finish(Runtime& runtime) { component_.finish(runtime); }

 private:
  StreamedComponent component_;
  text::QwenTextModel model_;
};

class GlyphEncoder {
 public:
  explicit GlyphEncoder(Runtime& runtime)
      : component_(runtime, "text_encoder_2", text::T5Encoder::names()),
        model_(nn::ParamScope(component_.source()), runtime.model.hunyuan15.text_encoder_2) {
    component_.warn_unread();
    runtime.stages.read(component_.bytes_read());
  }

  at::Tensor operator()(const text::Hunyuan15Tokens& tokens) {
    nn::BlockWeights present;
    return text::encode_glyphs(tokens, model_, present);
  }

 private:
  OpenComponent component_;
  text::T5Encoder model_;
};

std::vector<hunyuan15::Condition> encoded_here(Runtime& runtime,
                                               const std::vector<text::Hunyuan15Tokens>& tokens) {
  std::vector<hunyuan15::Condition> conditions(tokens.size());
  const auto rounds = prompt_rounds(runtime.team, tokens.size());
  if (rounds.empty()) return conditions;
  TextEncoder text(runtime, static_cast<int64_t>(rounds.size()));
  std::optional<GlyphEncoder> glyphs;
  for (const auto& prompt : rounds) {
    if (!prompt) {
      text.pass_by();
      continue;
    }
    if (!glyphs) glyphs.emplace(runtime);
    conditions[*prompt] = {text(tokens[*prompt]), (*glyphs)(tokens[*prompt]), {}};
  }
  text.finish(runtime);
  return conditions;
}

}  // namespace

std::vector<hunyuan15::Condition> encode_prompts(Runtime& runtime,
                                                 const std::vector<std::string>& prompts) {
  // Every rank tokenizes, so that a prompt that cannot be is refused by all alike.
  const text::Hunyuan15Tokenizer tokenizer(tokenizer_folder(runtime, "tokenizer"),
                                           tokenizer_folder(runtime, "tokenizer_2"));
  std::vector<text::Hunyuan15Tokens> tokens;
  for (const auto& prompt : prompts) tokens.push_back(tokenizer(prompt));
  auto conditions = encoded_here(runtime, tokens);
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
