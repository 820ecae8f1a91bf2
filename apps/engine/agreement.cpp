// Requests are compared as the JSON in which they are handed over.
#include "agreement.h"

#include <set>
#include <string>

#include "base/error.h"
#include "base/json.h"
#include "config/options.h"
#include "config/request_json.h"

namespace kinema::engine {
namespace {

std::string setting(const std::string& key, const Json& job) {
  const auto flag = config::option(key).flag();
  if (!job.contains(key)) return "no " + flag;
  const auto& value = job[key];
  return flag + " " + (value.is_string() ? value.get<std::string>() : value.dump());
}

// A seed, and the names of files, which may contain it; the first rank alone writes them.
void take_drawn(const Json& first, Json& theirs) {
  for (const auto& option : config::options()) {
    if (option.key != "seed" && option.group != config::Group::kOutput) continue;
    if (first.contains(option.key)) {
      theirs[option.key] = first[option.key];
    } else {
      theirs.erase(option.key);
    }
  }
}

[[noreturn]] void refuse(size_t rank, const Json& theirs, const Json& first) {
  std::set<std::string> keys;
  for (const auto* job : {&first, &theirs})
    for (const auto& [key, value] : job->items()) keys.insert(key);
  for (const auto& key : keys) {
    if (theirs.value(key, Json()) == first.value(key, Json())) continue;
    throw Error(ErrorKind::kConfig,
                "rank " + std::to_string(rank) + " has " + setting(key, theirs) + ", but rank 0 " +
                    setting(key, first),
                "start every process with the same command");
  }
  throw Error(ErrorKind::kInternal, "rank " + std::to_string(rank) + " has another job");
}

}  // namespace

config::Request agree_on_job(comm::Rendezvous& rendezvous, const ToldJob& told) {
  const Json own = {{"job", config::request_to_json(told.request)}, {"drawn", told.seed_drawn}};
  const auto texts = rendezvous.exchange("job", own.dump());
  const auto first = Json::parse(texts[0]);
  for (size_t rank = 1; rank < texts.size(); ++rank) {
    auto theirs = Json::parse(texts[rank]);
    if (theirs["drawn"] && first["drawn"]) take_drawn(first["job"], theirs["job"]);
    if (theirs["job"] != first["job"]) refuse(rank, theirs["job"], first["job"]);
  }
  return config::request_from_json(first["job"], "the first rank's job");
}

}  // namespace kinema::engine
