// Settings of what is printed.
#include "config/option_groups.h"

namespace kinema::config {

std::vector<Option> talk_options() {
  return {
      {.key = "log_level",
       .flags = {"--log-level"},
       .group = Group::kTalk,
       .field = field(&Request::log_level),
       .help = "how much is said on stderr; KINEMA_LOG sets it too",
       .shorthands = {{{"-q", "--quiet"}, {"quiet"}, "errors and warnings only, no progress"},
                      {{"-v", "--verbose"}, {"verbose", "debug"}, "say more (twice: everything)"}}},
      {.key = "progress",
       .flags = {"--progress"},
       .group = Group::kTalk,
       .field = field(&Request::progress),
       .help = "auto: a bar on a terminal, plain lines otherwise"},
      {.key = "color",
       .flags = {"--color"},
       .group = Group::kTalk,
       .field = field(&Request::color),
       .help = "auto: on a terminal, unless NO_COLOR is set"},
      {.key = "json",
       .flags = {"--json"},
       .group = Group::kTalk,
       .field = field(&Request::json),
       .help = "print the result as one JSON object"},
  };
}

}  // namespace kinema::config
