// The program's variables of the environment.
#pragma once

namespace kinema::cli {

// Warns of each variable that bears the program's name and that nobody reads, with the nearest that
// the program reads: a mistyped one would change nothing and say nothing. Of several processes that
// another launcher has started the first speaks.
void warn_of_unknown_variables();

}  // namespace kinema::cli
