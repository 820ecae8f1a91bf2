// Steps, schedule and guidance of an LTX-2 job.
#pragma once

#include "plan/resolution.h"

namespace kinema::plan {

// Fills in what the reference pipeline takes, or what a distilled checkpoint is made for, and
// refuses what contradicts itself.
void resolve_ltx2_sampling(Resolution& r);

// "guidance 3 (sound 7), 4 forwards", of a resolved job.
std::string ltx2_sampling_text(const Job& job);

OrderedJson ltx2_sampling_defaults(const ModelFacts& facts);

}  // namespace kinema::plan
