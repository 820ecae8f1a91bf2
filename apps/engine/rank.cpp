// What a process needs once is set up before the first output.
#include "rank.h"

#include <optional>
#include <vector>

#include <ATen/Parallel.h>
#include <c10/core/DeviceGuard.h>
#include <c10/core/InferenceMode.h>

#include "batch_rank.h"
#include "config/outputs.h"
#include "results.h"
#include "preview_wish.h"
#include "session.h"
#include "share_board.h"

namespace kinema::engine {
namespace {

// All outputs of one request.
void make_outputs(const Duty& duty, parallel::Team& team, at::Device device, RankWatch& watch) {
  const auto requests = config::single_requests(duty.request);
  std::vector<const config::Request*> all;
  for (const auto& request : requests) all.push_back(&request);
  const auto keep =
      requests.size() > 1 ? keep_between_outputs(duty.planned, device) : pipeline::Keep::kNothing;
  Session session(duty.model, device, team, watch, keep);
  for (const auto& request : requests) {
    const auto label = request.output ? request.output->stem().string() : std::string("video");
    Assignment one{request, duty.planned, label};
    one.preview = preview_wish(duty.task);
    if (duty.task.contains("decode")) {
      one.latents = duty.task["decode"].get<std::string>();
    } else {
      one.prompts = all;
    }
    if (const auto run = session.make(one)) print_result(request, *run);
  }
}

}  // namespace

void run_rank(const Duty& duty,
              parallel::Team& team,
              at::Device device,
              RankWatch& watch,
              ShareBoard& shared) {
  at::set_num_threads(static_cast<int>(*duty.request.threads));
  const c10::InferenceMode inference;
  std::optional<c10::DeviceGuard> current;
  if (!device.is_cpu()) current.emplace(device);
  if (duty.task.contains("batch")) {
    run_batch(duty, team, device, watch, shared);
  } else {
    make_outputs(duty, team, device, watch);
  }
}

}  // namespace kinema::engine
