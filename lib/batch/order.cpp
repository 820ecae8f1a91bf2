// Field by field, as JSON.
#include "batch/order.h"

namespace kinema::batch {
namespace {

template <class T>
Json optional_json(const std::optional<T>& value) {
  return value ? Json(*value) : Json();
}

std::optional<int64_t> optional_number(const Json& json) {
  return json.is_null() ? std::nullopt : std::optional(json.get<int64_t>());
}

Json around_json(const plan::Surroundings& around) {
  return {{"cuda_build", around.cuda_build},
          {"kernels_build", around.kernels_build},
          {"gpus", around.gpus},
          {"host_memory", around.host_memory},
          {"cores", around.cores},
          {"ranks", optional_json(around.ranks)},
          {"local_ranks", optional_json(around.local_ranks)}};
}

plan::Surroundings around_from_json(const Json& json) {
  plan::Surroundings around;
  around.cuda_build = json.at("cuda_build");
  around.kernels_build = json.at("kernels_build");
  around.gpus = json.at("gpus").get<std::vector<std::string>>();
  around.host_memory = json.at("host_memory");
  around.cores = json.at("cores");
  around.ranks = optional_number(json.at("ranks"));
  around.local_ranks = optional_number(json.at("local_ranks"));
  return around;
}

}  // namespace

Json order_json(const Order& order) {
  Json flags = Json::array();
  for (const auto& flag : order.flags) flags.push_back({flag.key, flag.flag, flag.value});
  return {{"file", order.file.string()},
          {"from_input", order.from_input},
          {"follow", order.follow},
          {"config", order.config ? Json(order.config->string()) : Json()},
          {"environment", order.environment},
          {"flags", flags},
          {"model", order.model.string()},
          {"identity", order.identity},
          {"around", around_json(order.around)},
          {"state", order.state.string()},
          {"shard", {order.shard.index, order.shard.of}},
          {"overwrite", order.existing == Existing::kOverwrite},
          {"fail_fast", order.fail_fast},
          {"excluded", order.excluded}};
}

Order order_from_json(const Json& json) {
  try {
    Order order;
    order.file = json.at("file").get<std::string>();
    order.from_input = json.at("from_input");
    order.follow = json.at("follow");
    if (!json.at("config").is_null()) order.config = json["config"].get<std::string>();
    order.environment = json.at("environment").get<config::Environment>();
    for (const auto& flag : json.at("flags"))
      order.flags.push_back({flag.at(0), flag.at(1), flag.at(2)});
    order.model = json.at("model").get<std::string>();
    order.identity = json.at("identity");
    order.around = around_from_json(json.at("around"));
    order.state = json.at("state").get<std::string>();
    order.shard = {json.at("shard").at(0), json.at("shard").at(1)};
    order.existing = json.at("overwrite") ? Existing::kOverwrite : Existing::kResume;
    order.fail_fast = json.at("fail_fast");
    order.excluded = json.at("excluded").get<std::set<std::string>>();
    return order;
  } catch (const Json::exception& error) {
    throw Error(ErrorKind::kInternal,
                std::string("the batch was handed over by another version: ") + error.what());
  }
}

config::Settings base_settings(const std::optional<std::filesystem::path>& config,
                               const config::Environment& environment,
                               config::Violations& violations) {
  config::Settings settings;
  if (config) config::apply_file(*config, settings, violations);
  config::apply_environment(environment, settings, violations);
  return settings;
}

std::filesystem::path end_mark(const std::filesystem::path& copy) { return copy.string() + ".end"; }

}  // namespace kinema::batch
