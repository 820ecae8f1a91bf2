// kinema models: what can be given to --model by name.
#include <iostream>

#include "base/json.h"
#include "base/log.h"
#include "command.h"
#include "plan/model_facts.h"
#include "prepare.h"

namespace kinema::cli {
namespace {

int run(const Command&, const CommandLine& line) {
  auto list = OrderedJson::array();
  for (const auto& shipped : shipped_models()) {
    config::Request request;
    request.model = shipped.folder;
    const auto model = plan::read_model(request);
    list.push_back({{"name", shipped.name},
                    {"model", model.title + " " + model.variant},
                    {"task", model.rules().tasks(model)},
                    {"path", shipped.folder.string()}});
  }
  if (!line.settings.empty()) {
    std::cout << list.dump(2) << "\n";
    return 0;
  }
  if (list.empty())
    note("no model is shipped with this program; --model takes a checkpoint's folder");
  for (const auto& one : list) {
    std::cout << fmt::format("{:<24} {} ({})\n", one["name"].get<std::string>(),
                             one["model"].get<std::string>(), one["task"].get<std::string>());
  }
  return 0;
}

}  // namespace

Command models_command() {
  return {"models",           "List the models that ship with the program.",
          "[--json]",         {},
          {{"json"}, {}, ""}, run};
}

}  // namespace kinema::cli
