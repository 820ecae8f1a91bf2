// As apps/kinema wrote it.
#include "preview_wish.h"

namespace kinema::engine {

std::optional<pipeline::PreviewWish> preview_wish(const Json& task) {
  if (!task.is_object() || !task.contains("preview")) return std::nullopt;
  const auto& asked = task["preview"];
  pipeline::PreviewWish wish{.every = asked.at("every").get<int64_t>(),
                             .file = asked.at("file").get<std::string>()};
  const auto terminal = asked.value("terminal", "");
  if (terminal == "kitty") wish.terminal = media::TerminalProtocol::kKitty;
  if (terminal == "iterm2") wish.terminal = media::TerminalProtocol::kIterm2;
  return wish;
}

}  // namespace kinema::engine
