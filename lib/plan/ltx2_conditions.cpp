// The reference leaves out a condition behind the end; here it is refused.
#include "plan/ltx2_conditions.h"

#include "base/log.h"
#include "config/value_text.h"
#include "plan/ltx2_facts.h"

namespace kinema::plan {
namespace {

void check_index(Resolution& r, const config::Condition& one) {
  const auto& request = r.request();
  if (!request.width || !request.height || !request.num_frames) return;  // refused before
  const auto frames =
      latent_shape({*request.width, *request.height, *request.num_frames}, r.job.model.shape)
          .frames;
  const auto frame = ltx2_condition_frame(one, frames);
  if (frame >= 0 && frame < frames) return;
  r.wrong(fmt::format("--conditions {}: {} is no latent frame of {} frames{}", one.image.string(),
                      one.index, *request.num_frames, r.from("conditions")),
          fmt::format("0 to {}, or {} to -1 from the end", frames - 1, -frames));
}

}  // namespace

void check_ltx2_conditions(Resolution& r) {
  const auto& request = r.request();
  if (!request.conditions) return;
  if (request.image)
    r.wrong("--conditions and --image cannot be given together" + r.from("conditions"),
            "--conditions with the picture at 0");
  if (request.conditions->empty())
    r.wrong("--conditions names no picture" + r.from("conditions"), "leave it out");
  for (const auto& one : *request.conditions) {
    check_index(r, one);
    if (one.strength >= 0 && one.strength <= 1) continue;
    r.wrong(fmt::format("--conditions {}: its strength must be from 0 to 1, not {}{}",
                        one.image.string(), config::Value<double>::text(one.strength),
                        r.from("conditions")));
  }
}

}  // namespace kinema::plan
