// Each wait is told to the watch first, so that a hung rank can be told from those that wait for
// it.
#include "work.h"

#include <utility>

#include "agreement.h"
#include "groups.h"
#include "parallel/team.h"
#include "plan/job.h"
#include "rank.h"

namespace kinema::engine {

void Work::run(comm::Rendezvous& rendezvous,
               int local_rank,
               RankWatch& watch,
               std::function<void(const Error&)> on_failure) const {
  watch.waits("agreement on the job");
  const auto agreed = agree_on_job(rendezvous, {request, seed_drawn(), chosen()});
  const auto compare = agreed.log_level == LogLevel::kDebug ? Compare::kYes : Compare::kNo;
  const auto device = device_for(agreed, local_rank);
  watch.waits("connecting the groups");
  parallel::Team team(mesh, rendezvous.rank(),
                      groups_for(device, rendezvous, compare, std::move(on_failure)));
  watch.goes_on();
  watch.observe(team);
  ShareBoard shared(rendezvous);
  run_rank({agreed, model, planned, task}, team, device, watch, shared);
  // Nobody closes its sockets while another still waits for it.
  watch.waits("the end of the others");
  rendezvous.finish();
}

bool Work::seed_drawn() const {
  return planned.value("sources", Json::object()).value("seed", "") == plan::kDrawnSeed;
}

std::set<std::string> Work::chosen() const {
  return planned.value("chosen", std::set<std::string>());
}

std::chrono::milliseconds Work::patience() const {
  if (request.stall_timeout == 0) return kAnyTime;
  return std::chrono::seconds(request.stall_timeout);
}

}  // namespace kinema::engine
