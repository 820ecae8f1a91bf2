// memfd and exec: nothing on disk, nothing in the process list.
#include "engine_process.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <iostream>

#include <sys/mman.h>
#include <unistd.h>

#include "plan/handover.h"
#include "prepare.h"

namespace kinema::cli {
namespace {

int memory_file(const std::string& text) {
  const int descriptor =
      memfd_create("kinema-request", 0);  // without CLOEXEC: the engine inherits it
  size_t written = 0;
  while (descriptor >= 0 && written < text.size()) {
    const auto count = write(descriptor, text.data() + written, text.size() - written);
    if (count < 0) break;
    written += static_cast<size_t>(count);
  }
  if (descriptor < 0 || written < text.size()) {
    throw Error(ErrorKind::kInternal,
                std::string("the request cannot be handed over: ") + std::strerror(errno));
  }
  return descriptor;
}

}  // namespace

void become_engine(const std::vector<std::string>& arguments) {
  const auto program = (program_folder() / "kinema-engine").string();
  std::vector<char*> argv = {const_cast<char*>(program.c_str())};
  for (const auto& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  std::cout.flush();
  // The engine says in one sentence what LibTorch's own log says in pages of stack.
  setenv("TORCH_CPP_LOG_LEVEL", "ERROR", /*overwrite=*/0);
  execv(program.c_str(), argv.data());
  throw Error(ErrorKind::kInternal, program + " cannot be started: " + std::strerror(errno),
              "build the target kinema_engine");
}

void become_engine(const plan::Job& job, const Json& task) {
  const auto descriptor = memory_file(plan::handover_text(job, task));
  become_engine(std::vector<std::string>{"--request-fd", std::to_string(descriptor)});
}

}  // namespace kinema::cli
