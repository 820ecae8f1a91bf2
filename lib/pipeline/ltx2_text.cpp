// The text encoder has gone before the connectors come; between them are the hidden states of all
// layers.
#include "pipeline/ltx2_text.h"

#include <optional>

#include <ATen/ops/tensor.h>

#include "pipeline/language_model.h"
#include "pipeline/prompt_rounds.h"
#include "pipeline/streamed_component.h"
#include "text/gemma3_text_model.h"
#include "text/ltx2_tokens.h"

namespace kinema::pipeline {
namespace {

using Rounds = std::vector<std::optional<size_t>>;

// Of the prompts that are encoded here the hidden states of all layers, [1, S, C, N].
std::vector<at::Tensor> hidden_states(Runtime& runtime,
                                      const std::vector<text::Ltx2Tokens>& tokens,
                                      const Rounds& rounds) {
  const auto& config = runtime.model.ltx2.text_encoder;
  StreamedComponent component(runtime, "text_encoder", text::Gemma3TextModel::names(),
                              text_rules(runtime, config), layer_scopes(config.num_hidden_layers));
  const text::Gemma3TextModel model(nn::ParamScope(component.source()), config);
  component.start(runtime, static_cast<int64_t>(rounds.size()));
  std::vector<at::Tensor> hidden(tokens.size());
  for (const auto& prompt : rounds) {
    if (prompt) {
      const auto& row = tokens[*prompt];
      const auto ids = at::tensor(row.ids, at::TensorOptions().dtype(at::kLong));
      hidden[*prompt] = model(ids, row.first, component);
    } else {
      component.pass_by();
    }
  }
  component.finish(runtime);
  return hidden;
}

std::vector<ltx2::TextEmbeds> encoded_here(Runtime& runtime,
                                           const std::vector<Ltx2Prompt>& prompts,
                                           const std::vector<text::Ltx2Tokens>& tokens) {
  std::vector<ltx2::TextEmbeds> embeds(prompts.size());
  const auto rounds = prompt_rounds(runtime.team, prompts.size());
  if (rounds.empty()) return embeds;
  auto hidden = hidden_states(runtime, tokens, rounds);
  std::optional<ltx2::TextConnectors> connectors;
  for (size_t i = 0; i < prompts.size(); ++i) {
    if (!hidden[i].defined()) continue;
    if (!connectors) {
      OpenComponent component(runtime, "connectors", {});
      connectors.emplace(nn::ParamScope(component.source()), runtime.model.ltx2.connectors);
      component.loaded(runtime.stages);
    }
    embeds[i] = (*connectors)(hidden[i], prompts[i].length);
    hidden[i].reset();
  }
  return embeds;
}

}  // namespace

std::vector<ltx2::TextEmbeds> encode_prompts(Runtime& runtime,
                                             const std::vector<Ltx2Prompt>& prompts) {
  // Every rank tokenizes, so that a prompt that cannot be is refused by all alike.
  const text::Ltx2Tokenizer tokenizer(runtime.model.index.folder / "tokenizer");
  std::vector<text::Ltx2Tokens> tokens;
  for (const auto& prompt : prompts) tokens.push_back(tokenizer(prompt.text, prompt.length));
  auto embeds = encoded_here(runtime, prompts, tokens);
  for (size_t i = 0; i < prompts.size(); ++i) {
    for (auto* part : {&embeds[i].video, &embeds[i].audio})
      *part = parallel::shared_from(runtime.team.replica(), runtime.team.speaker(i), *part);
  }
  return embeds;
}

}  // namespace kinema::pipeline
