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

[[noreturn]] void refuse(size_t rank, const Json& theirs, const Json& first) {
  std::set<std::string> keys;
  for (const auto* job : {&first, &theirs})
    for (const auto& [key, value] : job->items()) keys.insert(key);
  for (const auto& key : keys) {
    if (theirs.value(key, Json()) == first.value(key, Json())) continue;
    throw Error(ErrorKind::kConfig,
                "rank " + std::to_string(rank) + " has " + setting(key, theirs) + ", but rank 0 " +
                    setting(key, first),
                key == "seed" ? "--seed N: without it every process draws its own"
                              : "start every process with the same command");
  }
  throw Error(ErrorKind::kInternal, "rank " + std::to_string(rank) + " has another job");
}

}  // namespace

void agree_on_job(comm::Rendezvous& rendezvous, const config::Request& request) {
  const auto jobs = rendezvous.exchange("job", config::request_to_json(request).dump());
  for (size_t rank = 1; rank < jobs.size(); ++rank) {
    if (jobs[rank] != jobs[0]) refuse(rank, Json::parse(jobs[rank]), Json::parse(jobs[0]));
  }
}

}  // namespace kinema::engine
