// The one exception type: what a user, a file or a machine can cause, with the exit code it maps
// to.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace kinema {

enum class ErrorKind {
  kUsage,        // a flag or command that does not exist or is malformed
  kConfig,       // a job, configuration or plan that breaks a rule
  kModel,        // checkpoint files: missing, damaged, not what the model wants
  kMemory,       // would not fit, or ran out
  kComm,         // another process or a collective failed
  kIo,           // reading or writing media and result files
  kInterrupted,  // SIGINT or SIGTERM
  kInternal,     // our own bug
};

// The documented exit code of a kind: usage 2, config 3, model 4, memory 5, comm 6, io 7,
// interrupted 130, internal 70.
int exit_code(ErrorKind kind);

// `what` is one sentence naming the file, flag or field, what is wrong and what would be right;
// `hint` is what to type.
class Error : public std::runtime_error {
 public:
  explicit Error(ErrorKind kind, const std::string& what, std::string hint = {});

  ErrorKind kind() const { return kind_; }
  const std::string& hint() const { return hint_; }

 private:
  ErrorKind kind_;
  std::string hint_;
};

// "error: <what>\n  hint: <hint>\n", as every program prints it. Several violations are joined by
// newlines in `what`, and each gets its own "error:".
std::string formatted(const Error& error);

}  // namespace kinema
