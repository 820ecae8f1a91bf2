// Never unloaded: threads and static objects of a plugin's libraries live in them.
#include "base/plugin.h"

#include <dlfcn.h>

#include "base/error.h"

namespace kinema {

std::filesystem::path beside_program(const std::string& name) {
  return std::filesystem::read_symlink("/proc/self/exe").parent_path() / name;
}

void* plugin_symbol(const std::filesystem::path& module,
                    const std::string& symbol,
                    const std::string& build_flags) {
  void* library = ::dlopen(module.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    throw Error(ErrorKind::kConfig, module.string() + " cannot be loaded: " + ::dlerror(),
                "build with " + build_flags);
  }
  void* found = ::dlsym(library, symbol.c_str());
  if (found == nullptr) {
    throw Error(ErrorKind::kConfig, module.string() + " has no " + symbol,
                "it is not of this version: build again with " + build_flags);
  }
  return found;
}

}  // namespace kinema
