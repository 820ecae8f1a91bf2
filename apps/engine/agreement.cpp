// Requests are compared as the JSON in which they are handed over.
#include "agreement.h"

#include <algorithm>
#include <array>
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

void take(const std::string& key, const Json& first, Json& theirs) {
  if (first.contains(key)) {
    theirs[key] = first[key];
  } else {
    theirs.erase(key);
  }
}

// A seed, and the names of files, which may contain it; the first rank alone writes them.
void take_drawn(const Json& first, Json& theirs) {
  for (const auto& option : config::options()) {
    if (option.key == "seed" || option.group == config::Group::kOutput)
      take(option.key, first, theirs);
  }
}

// What follows from a machine's memory and cores. The first rank's choices are as good for others
// of its kind; where they are not, the flag is what to give.
constexpr std::array kOfTheMachine = {"threads", "vae_tiling", "load_ahead", "resident_blocks",
                                      "stream_slots"};

bool chose(const Json& own, const std::string& key) {
  const auto& chosen = own["chosen"];
  return std::find(chosen.begin(), chosen.end(), key) != chosen.end();
}

void take_chosen(const Json& first, Json& theirs) {
  for (const char* key : kOfTheMachine)
    if (chose(first, key) && chose(theirs, key)) take(key, first["job"], theirs["job"]);
}

[[noreturn]] void refuse(size_t rank, const Json& theirs, const Json& first) {
  std::set<std::string> keys;
  for (const auto* own : {&first, &theirs})
    for (const auto& [key, value] : (*own)["job"].items()) keys.insert(key);
  for (const auto& key : keys) {
    if (theirs["job"].value(key, Json()) == first["job"].value(key, Json())) continue;
    const bool open = chose(theirs, key) && chose(first, key);
    throw Error(ErrorKind::kConfig,
                "rank " + std::to_string(rank) + " has " + setting(key, theirs["job"]) +
                    ", but rank 0 " + setting(key, first["job"]),
                open ? "the machines differ: give " + config::option(key).flag() + " to all"
                     : "start every process with the same command");
  }
  throw Error(ErrorKind::kInternal, "rank " + std::to_string(rank) + " has another job");
}

}  // namespace

config::Request agree_on_job(comm::Rendezvous& rendezvous, const ToldJob& told) {
  const Json own = {{"job", config::request_to_json(told.request)},
                    {"drawn", told.seed_drawn},
                    {"chosen", told.chosen}};
  const auto texts = rendezvous.exchange("job", own.dump());
  const auto first = Json::parse(texts[0]);
  for (size_t rank = 1; rank < texts.size(); ++rank) {
    auto theirs = Json::parse(texts[rank]);
    if (theirs["drawn"] && first["drawn"]) take_drawn(first["job"], theirs["job"]);
    take_chosen(first, theirs);
    if (theirs["job"] != first["job"]) refuse(rank, theirs, first);
  }
  auto agreed = config::request_from_json(first["job"], "the first rank's job");
  agreed.threads = told.request.threads;  // equal, or chosen by each
  return agreed;
}

}  // namespace kinema::engine
