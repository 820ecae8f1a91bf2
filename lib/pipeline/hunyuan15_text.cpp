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

const config::T5EncoderConfig& glyph_config(const Runtime& runtime) {
  return runtime.model.hunyuan15.text_encoder_2;
}

class GlyphEncoder {
 public:
  GlyphEncoder(Runtime& runtime, int64_t passes)
      : component_(runtime,
                   "text_encoder_2",
                   text::T5Encoder::names(),
                   parallel::uncut(),
                   layer_scopes(glyph_config(runtime).num_layers, "encoder.block")),
        model_(nn::ParamScope(component_.source()),
               nn::ParamScope(component_.present()),
               glyph_config(runtime)) {
    component_.start(runtime, passes);
  }

  at::Tensor operator()(const text::Hunyuan15Tokens& tokens) {
    return text::encode_glyphs(tokens, model_, component_);
  }
  void pass_by() { component_.pass_by(); }
  void finish(Runtime& runtime) { component_.finish(runtime); }

 private:
  StreamedComponent component_;
  text::T5Encoder model_;
};

using Rounds = std::vector<std::optional<size_t>>;

// One encoder after the other, so that never both are here.
void encode_texts(Runtime& runtime,
                  const std::vector<text::Hunyuan15Tokens>& tokens,
                  const Rounds& rounds,
                  std::vector<hunyuan15::Condition>& conditions) {
  TextEncoder text(runtime, static_cast<int64_t>(rounds.size()));
  for (const auto& prompt : rounds) {
    if (prompt) {
      conditions[*prompt].text = text(tokens[*prompt]);
    } else {
      text.pass_by();
    }
  }
  text.finish(runtime);
}

// The rounds in which a prompt with glyphs is encoded somewhere: a rank that has another prompt or
// none only helps its peers.
Rounds glyph_rounds(const parallel::Team& team,
                    const std::vector<text::Hunyuan15Tokens>& tokens,
                    const Rounds& rounds) {
  const auto columns = static_cast<size_t>(team.cfg().size());
  const auto quotes = [&](size_t prompt) {
    return prompt < tokens.size() && !tokens[prompt].glyph.empty();
  };
  Rounds glyphs;
  for (size_t round = 0; round < rounds.size(); ++round) {
    bool needed = false;
    for (size_t column = 0; column < columns; ++column)
      needed = needed || quotes(round * columns + column);
    if (!needed) continue;
    const auto& own = rounds[round];
    if (own && quotes(*own)) {
      glyphs.push_back(own);
    } else if (team.weights()) {
      glyphs.emplace_back();
    }
  }
  return glyphs;
}

void encode_glyphs(Runtime& runtime,
                   const std::vector<text::Hunyuan15Tokens>& tokens,
                   const Rounds& rounds,
                   std::vector<hunyuan15::Condition>& conditions) {
  if (rounds.empty()) return;
  GlyphEncoder glyphs(runtime, static_cast<int64_t>(rounds.size()));
  for (const auto& prompt : rounds) {
    if (prompt) {
      conditions[*prompt].glyph = glyphs(tokens[*prompt]);
    } else {
      glyphs.pass_by();
    }
  }
  glyphs.finish(runtime);
}

std::vector<hunyuan15::Condition> encoded_here(Runtime& runtime,
                                               const std::vector<text::Hunyuan15Tokens>& tokens) {
  std::vector<hunyuan15::Condition> conditions(tokens.size());
  const auto rounds = prompt_rounds(runtime.team, tokens.size());
  if (rounds.empty()) return conditions;
  encode_texts(runtime, tokens, rounds, conditions);
  encode_glyphs(runtime, tokens, glyph_rounds(runtime.team, tokens, rounds), conditions);
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
