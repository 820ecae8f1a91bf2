// Pictures between the lines of a terminal, for those that can show them.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace kinema::media {

// kitty's graphics protocol (kitty, Ghostty, Konsole, WezTerm) or iTerm2's (iTerm2, WezTerm,
// Konsole, VS Code).
enum class TerminalProtocol { kKitty, kIterm2 };

// What to write to the terminal so that it shows a PNG file where the cursor is, and a newline.
std::string terminal_picture(std::span<const uint8_t> png, TerminalProtocol protocol);

// RFC 4648, with padding.
std::string base64(std::span<const uint8_t> bytes);

}  // namespace kinema::media
