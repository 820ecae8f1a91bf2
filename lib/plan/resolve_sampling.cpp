// Steps, guidance and schedule are the family's; what it does not know is refused here.
#include "base/log.h"
#include "config/options.h"
#include "plan/resolution.h"

namespace kinema::plan {
namespace {

constexpr checkpoint::Family kFamilies[] = {checkpoint::Family::kHunyuan15,
                                            checkpoint::Family::kLtx2};

// A switch that is off was turned off: "--no-audio".
std::string flag_of(const std::string& key, const config::Request& request) {
  const auto& option = config::option(key);
  const bool off = option.field.is_switch && option.field.json(request) == false;
  return off ? "--no-" + option.flag().substr(2) : option.flag();
}

void refuse_foreign_settings(Resolution& r) {
  for (const auto family : kFamilies) {
    if (family == r.job.model.index.family) continue;
    for (const auto& key : family_rules(family).own_settings()) {
      if (!r.given(key)) continue;
      r.wrong(fmt::format("{} is for {}; {} has nothing like it{}", flag_of(key, r.request()),
                          checkpoint::family_name(family), r.job.model.title, r.from(key)),
              "leave it out");
    }
  }
}

}  // namespace

void resolve_sampling(Resolution& r) {
  refuse_foreign_settings(r);
  r.job.model.rules().resolve_sampling(r);
}

}  // namespace kinema::plan
