// The template, the limits and the checks of diffusers' HunyuanVideo 1.5 pipelines.
#include "text/hunyuan15_tokens.h"

#include <utility>

#include "text/glyph_text.h"

namespace kinema::text {
namespace {

namespace fs = std::filesystem;

constexpr size_t kTextLimit = 1000 + kHunyuan15Crop, kGlyphLimit = 256;

// A line continuation in the reference's source left the nine blanks before each number; the model
// knows the text with them.
constexpr std::string_view kSystem =
    "You are a helpful assistant. Describe the video by detailing the following aspects:"
    "         1. The main content and theme of the video."
    "         2. The color, shape, size, texture, quantity, text, and spatial relationships of the "
    "objects."
    "         3. Actions, events, behaviors temporal relationships, physical movement changes of "
    "the objects."
    "         4. background environment, light, style and atmosphere."
    "         5. camera angles, movements, and transitions used in the video.";

// The reference renders the folder's own chat template; ours is the one of every released
// checkpoint. One of another family must not pass.
void check_chat_template(const fs::path& folder, const Json& config) {
  const auto file = folder / "chat_template.jinja";
  const bool is_alone = fs::exists(file);
  if (!is_alone && !config.value("chat_template", Json()).is_string()) return;
  const auto text = is_alone ? read_text(file) : config["chat_template"].get<std::string>();
  for (const auto* mark : {"<|im_start|>", "<|im_end|>", "assistant"}) {
    if (text.find(mark) != std::string::npos) continue;
    throw Error(ErrorKind::kModel, (is_alone ? file : folder / "tokenizer_config.json").string() +
                                       ": the chat template has no \"" + mark +
                                       "\"; only Qwen's form of chats is supported");
  }
}

BpeTokenizer open_text(const fs::path& folder) {
  auto tokenizer = BpeTokenizer::open(folder);
  check_chat_template(folder, tokenizer.config());
  for (const auto& [key, side] : {std::pair{"truncation_side", tokenizer.truncation_side()},
                                  std::pair{"padding_side", tokenizer.padding_side()}}) {
    if (side == "right") continue;
    throw Error(ErrorKind::kModel,
                folder.string() + ": " + key + " \"" + side + "\" is not supported; \"right\" is");
  }
  return tokenizer;
}

}  // namespace

std::string hunyuan15_chat(std::string_view prompt) {
  std::string chat("<|im_start|>system\n");
  chat.append(kSystem).append("<|im_end|>\n<|im_start|>user\n");
  chat.append(prompt.empty() ? " " : prompt);
  return chat.append("<|im_end|>\n<|im_start|>assistant\n");
}

Hunyuan15Tokenizer::Hunyuan15Tokenizer(const fs::path& tokenizer, const fs::path& tokenizer_2)
    : text_(open_text(tokenizer)), glyph_(Byt5Tokenizer::open(tokenizer_2)) {}

Hunyuan15Tokens Hunyuan15Tokenizer::operator()(std::string_view prompt) const {
  Hunyuan15Tokens tokens{text_.encode(hunyuan15_chat(prompt)), {}};
  if (tokens.text.size() > kTextLimit) tokens.text.resize(kTextLimit);
  if (tokens.text.size() <= static_cast<size_t>(kHunyuan15Crop)) {
    throw Error(ErrorKind::kModel,
                "the tokenizer makes only " + std::to_string(tokens.text.size()) +
                    " tokens of the prompt and the words around it; the first " +
                    std::to_string(kHunyuan15Crop) + " are cut off, so nothing would be left");
  }
  if (const auto glyphs = glyph_text(prompt)) tokens.glyph = glyph_.encode(*glyphs, kGlyphLimit);
  return tokens;
}

}  // namespace kinema::text
