// Alone, forked, or placed by another launcher.
#include "world.h"

#include <unistd.h>

#include "base/error.h"
#include "base/log.h"
#include "batch_world.h"
#include "checkpoint/lost_pages.h"
#include "ending.h"
#include "forked.h"
#include "groups.h"
#include "launch/open_files.h"
#include "parallel/team.h"
#include "placed.h"
#include "plan/parallel_request.h"
#include "plan/split_limits.h"
#include "rank.h"
#include "supervised.h"

namespace kinema::engine {
namespace {

plan::ParallelPlan agreed_plan(const config::Request& request, const plan::ModelFacts& model) {
  config::Violations violations;
  const auto limits = plan::split_limits(request, model, plan::video_tokens(request, model));
  auto plan = plan::requested_plan(request, limits, violations);
  violations.throw_if_any();
  return plan;
}

void run_alone(const Work& work) {
  // Nobody watches this process, and the thread that reads cannot go on to tidy up.
  const checkpoint::LostPages lost([&](const Error& error) {
    remove_parts(work.request, ::getpid());
    ::_exit(told(error, work.request.color));
  });
  RankWatch watch(0, nullptr);
  watch.enter(kStartUp);
  parallel::Team team;
  ShareBoard shared;
  run_rank({work.request, work.model, work.planned, work.task}, team, device_for(work.request, 0),
           watch, shared);
}

}  // namespace

int run_world(const plan::Handover& job) {
  if (job.task.contains("batch")) return run_batch_world(job);
  return run_processes(job);
}

int run_processes(const plan::Handover& job) {
  const auto place = launch::placement(launch::process_environment);
  if (place && place->rank > 0) mute_log();  // the first rank says what all find
  const auto model = plan::read_model(job.request);
  const Work work{job.request, model, job.planned, job.task,
                  plan::DeviceMesh(agreed_plan(job.request, model))};
  launch::allow_open_files(work.mesh.world_size());
  if (place && place->size > 1) return run_placed(work, *place);
  if (work.mesh.world_size() > 1) return run_forked(work);
  run_alone(work);
  return 0;
}

}  // namespace kinema::engine
